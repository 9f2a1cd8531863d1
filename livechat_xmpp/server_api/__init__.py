"""What a server does for us over HTTP instead of XMPP."""
