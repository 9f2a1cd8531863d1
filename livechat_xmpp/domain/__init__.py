"""The rules of the desk: pure functions on frozen values. No I/O, clock, log, XMPP or SQL."""
