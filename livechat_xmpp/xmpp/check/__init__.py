"""`livechat-xmpp check`: tries on a server all that the desk needs there; begins in everything.py."""
