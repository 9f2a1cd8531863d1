"""A simulated XMPP server, in process, that a real component connects to: see `SimulatedServer`.

What it does is what Prosody 0.12 does, or ejabberd 23.01 with `quirks=EJABBERD`; the test_same_….py compare.
"""

from tests.simulation.quirks import EJABBERD, PROSODY, WAYS, Quirks
from tests.simulation.server import SimulatedServer

__all__ = ["EJABBERD", "PROSODY", "WAYS", "Quirks", "SimulatedServer"]
