"""A simulated XMPP server, in process, that a real component connects to: see `SimulatedServer`.

What it does is what Prosody 0.12 does, or ejabberd 23.01 with `quirks=EJABBERD`; test_same_as_prosody.py compares.
"""

from tests.simulation.quirks import EJABBERD, PROSODY, Quirks
from tests.simulation.server import SimulatedServer

__all__ = ["EJABBERD", "PROSODY", "Quirks", "SimulatedServer"]
