"""A community help desk on XMPP: a queue, a room for each chat, and apprentices who learn safely."""
