"""What the tests and the desks forked from them leave out, as it takes longer than most tests."""

from __future__ import annotations

import os

from livechat_xmpp.store import database


def make() -> None:
    """Have no component read the authorities of TLS, which no test speaks, and no database wait for the disk.

    What is lost with the power would be lost with the test's folder; after a kill it is there.
    """
    os.environ["SSL_CERT_FILE"] = os.devnull
    database.SYNCHRONOUS = "OFF"
