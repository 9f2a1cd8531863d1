"""The adapter to XMPP: the link, what comes in, what goes out, rooms, commands, errors."""
