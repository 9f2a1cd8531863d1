"""Ad-hoc commands (XEP-0050), by subject; the same verbs are words in a chat (words.py)."""
