"""People with bare XMPP clients, as the tests' stories need them.

`Person` is somebody with a client; `Server` is where they are, simulated (tests.simulation) or real (`RealServer`);
`owner` is what an owner of a room does by hand. A story:

    async def test_a_trainee_is_out_when_the_monitor_goes(server: Server) -> None:
        mia, tom = await server.person("mia"), await server.person("tom")
        room = await tom.is_invited()
        await tom.enter(room)
        await mia.leave(room)
        assert 321 in (await tom.is_out_of(room)).codes
"""

from tests.people import owner
from tests.people.c2s import Connection, LoginFailed, Opener, Receiver, over_tcp, register
from tests.people.component import BareComponent
from tests.people.forms import CommandResult, FormField
from tests.people.person import Person
from tests.people.received import NotSeen, Received, StanzaError
from tests.people.rooms import Departure, Occupant, RoomView
from tests.people.servers import RealServer, Server

__all__ = [
    "BareComponent",
    "CommandResult",
    "Connection",
    "Departure",
    "FormField",
    "LoginFailed",
    "NotSeen",
    "Occupant",
    "Opener",
    "Person",
    "RealServer",
    "Received",
    "Receiver",
    "RoomView",
    "Server",
    "StanzaError",
    "over_tcp",
    "owner",
    "register",
]
