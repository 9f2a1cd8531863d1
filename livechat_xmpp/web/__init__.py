"""The pages: the visitor's own small client at `/`, and Converse.js for the staff at `/team`.

Both are XMPP clients that run in the browser and talk to the XMPP server themselves. This package only hands
out files and says whether the service is well; it knows nothing about requests, rooms or people, and has no
login of its own.
"""
