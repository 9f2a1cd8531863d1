"""A visitor's side of the check: an anonymous login over WebSocket, as the page does it (RFC 7395)."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from xml.etree import ElementTree as ET
from xml.sax.saxutils import quoteattr

import aiohttp

from livechat_xmpp.domain.model import BareJid, bare
from livechat_xmpp.xmpp.check.words import Need

CLIENT = "jabber:client"
FRAMING = "urn:ietf:params:xml:ns:xmpp-framing"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
BIND = "urn:ietf:params:xml:ns:xmpp-bind"
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"
RESUMPTION = "urn:xmpp:sm:3"
STREAM = "http://etherx.jabber.org/streams"
INFO = "http://jabber.org/protocol/disco#info"
MUC_USER = "http://jabber.org/protocol/muc#user"
NOTHING_TO_OFFER = "undefined-condition"  # how Prosody ends a stream on which it would let nobody log in
ANSWER_S = 5.0
CONNECT = aiohttp.ClientTimeout(sock_connect=ANSWER_S)  # with TLS; who does not speak it may say nothing at all
PROXY_STATUS = 502  # and more: of web servers that pass on (RFC 9110 §15.6.3)


class NotReached(Exception):
    """There is no XMPP WebSocket at that address, as far as can be seen from here; the text says why.

    need: what has to be changed.
    """

    def __init__(self, why: str, need: Need = Need.WEBSOCKET) -> None:
        super().__init__(why)
        self.need = need


class LoginRefused(Exception):
    """The server is there, but lets no anonymous visitor in, or has ended the visit; the text says why."""


class NoLoginHere(LoginRefused):
    """The server offers no way to log in on such a connection; it takes it for one without TLS."""


VISIT_TROUBLE = (TimeoutError, LoginRefused, ET.ParseError)


class Visitor:
    """Somebody without an account. jid: the full address that the server gave.

    can_resume: the server offers to take the visitor for present while the connection is lost (XEP-0198).
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._unread: list[ET.Element] = []
        self.jid = ""
        self.can_resume = False

    @property
    def bare_jid(self) -> BareJid:
        return bare(self.jid)

    async def log_in(self, domain: str) -> None:
        try:
            await self._open(domain)
        except LoginRefused as refusal:
            if str(refusal) == NOTHING_TO_OFFER:
                raise NoLoginHere("no way to log in is offered") from refusal
            raise
        await self._socket.send_str(f"<auth xmlns='{SASL}' mechanism='ANONYMOUS'/>")
        answer = await self.sees(lambda frame: frame.tag.startswith(f"{{{SASL}}}"))
        if answer.tag != f"{{{SASL}}}success":
            raise LoginRefused(", ".join(_words(answer)) or "refused")
        await self._open(domain)
        bound = await self.ask("", "set", f"<bind xmlns='{BIND}'/>")
        self.jid = bound.findtext(f"{{{BIND}}}bind/{{{BIND}}}jid") or ""

    async def _open(self, domain: str) -> None:
        await self._socket.send_str(f"<open xmlns='{FRAMING}' to={quoteattr(domain)} version='1.0'/>")
        features = await self.sees(lambda frame: frame.tag == f"{{{STREAM}}}features")
        offered = [mechanism.text for mechanism in features.iter(f"{{{SASL}}}mechanism")]
        if offered and "ANONYMOUS" not in offered:
            raise LoginRefused("only with a password")
        self.can_resume = features.find(f"{{{RESUMPTION}}}sm") is not None

    async def sees(self, wanted: Callable[[ET.Element], bool]) -> ET.Element:
        """Return the first frame that is wanted and was not returned before.

        Raises TimeoutError after ANSWER_S of silence, LoginRefused when the server ends the stream.
        """
        for frame in self._unread:
            if wanted(frame):
                self._unread.remove(frame)
                return frame
        while True:
            message = await self._socket.receive(timeout=ANSWER_S)
            if message.type is not aiohttp.WSMsgType.TEXT:
                raise LoginRefused("the server closed the connection")
            frame = ET.fromstring(message.data)
            if frame.tag == f"{{{STREAM}}}error":
                raise LoginRefused(", ".join(_words(frame)))
            if wanted(frame):
                return frame
            self._unread.append(frame)

    async def ask(self, to: str, kind: str, payload: str) -> ET.Element:
        """Return the IQ that answers, an error as well."""
        key = secrets.token_hex(4)
        address = f" to={quoteattr(to)}" if to else ""
        await self._socket.send_str(f"<iq xmlns='{CLIENT}' type='{kind}' id='{key}'{address}>{payload}</iq>")
        return await self.sees(lambda frame: frame.tag == f"{{{CLIENT}}}iq" and frame.get("id") == key)

    async def send_presence(self, to: str, payload: str = "") -> None:
        await self._socket.send_str(f"<presence xmlns='{CLIENT}' to={quoteattr(to)}>{payload}</presence>")

    async def software(self, domain: str) -> str:
        """Return the name that a server gives itself among its identities (XEP-0030), "" if it gives none."""
        info = await self.ask(domain, "get", f"<query xmlns='{INFO}'/>")
        servers = (i for i in info.iter(f"{{{INFO}}}identity") if i.get("category") == "server")
        return next((name for i in servers if (name := i.get("name"))), "")

    async def enter(self, room: str) -> str:
        """Try to enter the room; return why not (RFC 6120 §8.3.3), or "" if let in."""
        await self.send_presence(f"{room}/check", "<x xmlns='http://jabber.org/protocol/muc'/>")
        answer = await self.sees(lambda frame: _is_answer(frame, room))
        return condition(answer) if answer.get("type") == "error" else ""

    async def try_to_make(self, room: str) -> str:
        """Try to make the room; return why not (RFC 6120 §8.3.3), or "" if it was made. It is destroyed again."""
        if not (refusal := await self.enter(room)):
            await self.ask(room, "set", "<query xmlns='http://jabber.org/protocol/muc#owner'><destroy/></query>")
        return refusal


def _is_answer(frame: ET.Element, room: str) -> bool:
    codes = [status.get("code") for status in frame.iter(f"{{{MUC_USER}}}status")]
    is_from_room = frame.get("from", "").partition("/")[0] == room
    return frame.tag == f"{{{CLIENT}}}presence" and is_from_room and (frame.get("type") == "error" or "110" in codes)


def _words(error: ET.Element) -> list[str]:
    """Return the conditions in an error of the stream, or of the login."""
    return [name for child in error if (name := child.tag.rpartition("}")[2]) != "text"]


def condition(stanza: ET.Element) -> str:
    """Return the condition of an error, "" for other stanzas."""
    return next((e.tag.rpartition("}")[2] for e in stanza.iter() if e.tag.startswith(f"{{{STANZAS}}}")), "")


def _need_for(error: Exception, url: str) -> Need:
    """Return what has to be changed; who does not speak TLS says so in many ways, of which silence is one."""
    match error:
        case aiohttp.ClientConnectorDNSError():
            return Need.WEBSOCKET_NAME
        case aiohttp.WSServerHandshakeError():
            return Need.WEBSOCKET_PROXY if error.status >= PROXY_STATUS else Need.WEBSOCKET
        case aiohttp.ClientConnectorError(os_error=ConnectionRefusedError()):
            return Need.WEBSOCKET
        case _:
            return Need.WEBSOCKET_CERTIFICATE if url.startswith("wss:") else Need.WEBSOCKET


@contextlib.asynccontextmanager
async def visiting(url: str, domain: str) -> AsyncIterator[Visitor]:
    """Log somebody in for the length of the block. Raises NotReached and LoginRefused."""
    async with contextlib.AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession(timeout=CONNECT))
        try:
            socket = await http.ws_connect(url, protocols=("xmpp",), timeout=aiohttp.ClientWSTimeout(ws_close=2.0))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise NotReached(str(error) or type(error).__name__, _need_for(error, url)) from error
        stack.push_async_callback(socket.close)
        visitor = Visitor(socket)
        try:
            await visitor.log_in(domain)
        except TimeoutError as error:
            raise LoginRefused("no answer") from error
        except ET.ParseError as error:
            raise NotReached(f"no XMPP there: {error}") from error
        yield visitor
