"""People with bare XMPP clients, as the tests' stories need them: see `Person`."""

from tests.people.c2s import Connection, LoginError, Opener, Receiver, over_tcp, register
from tests.people.component import BareComponent
from tests.people.forms import CommandResult, FormField
from tests.people.person import Person
from tests.people.received import NotSeenError, Received, StanzaError
from tests.people.rooms import Departure, Occupant, RoomView

__all__ = [
    "BareComponent", "CommandResult", "Connection", "Departure", "FormField", "LoginError", "NotSeenError", "Occupant", "Opener", "Person",
    "Received", "Receiver", "RoomView", "StanzaError", "over_tcp", "register",
]
