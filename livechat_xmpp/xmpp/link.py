"""The link to the server: an XEP-0114 component that never sends what would end or mislead the stream.

slixmpp 1.17.0 is the library; what has to be kept from it is marked COMPAT and can go when a newer
version, tried against the tests in tests/wire/test_link.py, does without.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import re
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any

from slixmpp import Iq
from slixmpp.componentxmpp import ComponentXMPP
from slixmpp.exceptions import IqError, IqTimeout
from slixmpp.stanza.rootstanza import RootStanza
from slixmpp.xmlstream import ET
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath
from slixmpp.xmlstream.xmlstream import NotConnectedError

from livechat_xmpp.reconcile.ports import LinkDown, LinkTrouble, StepRefused
from livechat_xmpp.usecases.ports import StoreTrouble
from livechat_xmpp.xmpp import errors, incoming, wide_jid
from livechat_xmpp.xmpp.errors import refuse, report_bug

log = logging.getLogger(__name__)

# What XML 1.0 does not allow (§2.2), and half characters, which UTF-8 cannot carry.
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
DELAYS_S = (0.2, 1, 2, 4, 8, 15, 30)  # between tries to connect; slixmpp's own go up to 300 s
CONNECT_TIMEOUT_S = 15.0
KINDS = ("message", "presence", "iq")
STOP_WAIT_S = 2.0


def _always() -> bool:
    return True


class Link(ComponentXMPP):  # type: ignore[misc]
    """The component's connection. number: counts the links; what was seen belongs to one of them.

    received, sent: stanzas by kind; dropped: what was too big to be sent; iqs: questions that wait for an answer.
    may_send: asked before each write; while it says no, what is to be sent is held back until release().
    """

    def __init__(
        self,
        jid: str,
        secret: str,
        host: str,
        port: int,
        *,
        max_iqs: int = 32,
        iq_timeout: timedelta = timedelta(seconds=15),
        ping_interval: timedelta = timedelta(seconds=60),
        max_bytes: int = 200_000,
        may_send: Callable[[], bool] = _always,
    ) -> None:
        self._id_prefix, self._ids = secrets.token_hex(6), itertools.count()
        # COMPAT slixmpp 1.17.0: without fix_error_ns every error reads feature-not-implemented.
        super().__init__(jid, secret, host, port, fix_error_ns=True)
        wide_jid.register()
        errors.register()
        self.number = 0
        self.received: Counter[str] = Counter()
        self.sent: Counter[str] = Counter()
        self.dropped = 0
        self.iqs = 0
        self._up_at = 0.0
        self._slots = asyncio.Semaphore(max_iqs)
        self._iq_timeout_s = iq_timeout.total_seconds()
        self._ping_interval_s = ping_interval.total_seconds()
        self._max_bytes = max_bytes
        self._may_send = may_send
        self._outgoing: list[bytes] = []  # written together at the end of this turn of the loop, or held back
        self._is_up = False
        self._is_beginning = False  # from the session's start until on_up is done
        self._stopping = asyncio.Event()
        self._lost: asyncio.Future[None] | None = None
        self._started: asyncio.Future[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._refusal = ""
        self._drop_roster()
        self.add_event_handler("session_start", self._on_session_start)
        self.add_event_handler("disconnected", self._on_disconnected)
        self.add_event_handler("connection_failed", self._on_connection_failed)
        self.add_event_handler("stream_error", self._on_stream_error)

    @property
    def is_up(self) -> bool:
        """Return whether stanzas can be sent."""
        return self._is_up

    @property
    def up_s(self) -> float:
        """Return for how long there has been this link; 0 without one."""
        return time.monotonic() - self._up_at if self._is_up else 0.0

    # --- the connection

    async def run(self, on_up: Callable[[], Awaitable[None]], on_down: Callable[[], None]) -> None:
        """Stay connected until stop(); on_up runs once for each link, on_down when it is gone."""
        tries = 0
        while not self._stopping.is_set():
            self._lost = asyncio.get_running_loop().create_future()
            self._refusal = ""
            if await self._connect():
                tries = 0
                log.info("link up", extra={"link": self.number})
                await self._hold(on_up, on_down)
                log.log(
                    logging.INFO if self._stopping.is_set() else logging.WARNING,
                    "link lost",
                    extra={"why": self._refusal},
                )
            else:
                self._tell_of_failure(tries + 1)
            if not self._stopping.is_set():
                # Replaced by another process: coming back at once would take turns with it for ever.
                least = 3 if self._refusal in ("conflict", "not-authorized") else 0
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), DELAYS_S[min(max(tries, least), len(DELAYS_S) - 1)])
                tries += 1

    async def _connect(self) -> bool:
        """Try once to connect; return whether there is a link."""
        lost = self._lost
        assert lost is not None
        self._started = asyncio.get_running_loop().create_future()
        attempt = self.connect()
        try:
            await asyncio.wait({self._started, lost}, timeout=CONNECT_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
            is_up = self._started.done()
        finally:
            attempt.cancel()  # COMPAT slixmpp 1.17.0: it would go on by itself, slower and slower
            self.cancel_connection_attempt()
        if not is_up:
            self.abort()
            self._outgoing.clear()
        return is_up and not lost.done()

    async def _hold(self, on_up: Callable[[], Awaitable[None]], on_down: Callable[[], None]) -> None:
        """Do what a new link needs, then wait until it is lost, asking the server now and then."""
        lost = self._lost
        assert lost is not None
        work = asyncio.ensure_future(self._use(on_up))
        try:
            await asyncio.wait({work, lost}, return_when=asyncio.FIRST_COMPLETED)
            if work.done() and not lost.done():
                try:
                    work.result()
                except LinkTrouble:
                    pass  # the link failed before it was reported lost
                except StoreTrouble as trouble:
                    self._refusal = f"the database does not answer: {trouble}"
        finally:
            self._is_up = self._is_beginning = False
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            on_down()
            self.abort()
            self._outgoing.clear()

    async def _use(self, on_up: Callable[[], Awaitable[None]]) -> None:
        await on_up()
        self._is_beginning = False
        while True:
            await asyncio.sleep(self._ping_interval_s)
            try:
                await self.prove()
            except LinkTrouble:
                self._refusal = "the server does not answer pings"
                return

    async def prove(self) -> None:
        """Return once the server shows that it is there (XEP-0199). Raises LinkTrouble when it does not."""
        ping = self.make_iq_get(ito=self.boundjid.bare, ifrom=self.boundjid.bare)
        ping.append(ET.Element("{urn:xmpp:ping}ping"))
        with contextlib.suppress(StepRefused):  # an answer is an answer
            await self.request(ping)

    async def stop(self) -> None:
        """End the stream and do not come back."""
        self._stopping.set()
        if self._is_up:
            await self.disconnect(wait=STOP_WAIT_S)
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(None)

    async def handled(self) -> None:
        """Wait until all that handlers have begun is done."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    def cut(self) -> None:
        """Close the connection at once, without a word, and do not come back."""
        self._stopping.set()
        self._is_up = self._is_beginning = False
        self._outgoing.clear()
        self.abort()
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(None)

    def _on_session_start(self, _event: Any) -> None:
        self.number += 1
        self._up_at = time.monotonic()
        self._is_up = self._is_beginning = True
        if self._started is not None and not self._started.done():
            self._started.set_result(None)

    def _on_disconnected(self, _event: Any) -> None:
        self._is_up = self._is_beginning = False
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(None)

    def _on_connection_failed(self, error: OSError | str) -> None:
        """Give this try up. slixmpp has an OSError; or a text, when the server's name is not found."""
        self._refusal = str(error) if isinstance(error, OSError) else f"no address of {self.server_host} is found"
        self._on_disconnected(None)

    def _on_stream_error(self, error: Any) -> None:
        self._refusal = str(error["condition"])

    def _tell_of_failure(self, tries: int) -> None:
        """Say in the log why there is no link; `livechat-xmpp check` says what to do about it."""
        server = f"{self.server_host}:{self.server_port}"
        why = self._refusal or "the server does not answer"
        log.warning("no link", extra={"why": why, "component": self.boundjid.bare, "server": server, "tries": tries})

    # --- what goes out

    def require_up(self) -> None:
        """Raise LinkDown when nothing can be sent."""
        if not self._is_up:
            raise LinkDown("no link to the server")

    def send(self, data: Any, use_filters: bool = True) -> None:
        """Send a stanza. Raises LinkDown without a link: slixmpp would keep it and send it, stale, later."""
        if isinstance(data, RootStanza):
            self.require_up()
            if not data["from"].full:
                data["from"] = self.boundjid  # ejabberd ends the stream at a stanza without it
            self.sent[data.name] += 1
        super().send(data, use_filters)

    def fits(self, stanza: Any) -> bool:
        """Return whether the stanza is small enough to be sent."""
        return len(str(stanza).encode()) <= self._max_bytes

    def send_raw(self, data: str | bytes) -> None:
        """The last gate: one illegal character or one oversized stanza makes the server end the stream."""
        text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
        raw = ILLEGAL.sub("\ufffd", text).encode()
        if len(raw) > self._max_bytes:
            self.dropped += 1
            log.error("stanza not sent: too big", extra={"bytes": len(raw)})
            return
        if not self.transport:
            raise NotConnectedError
        if not self._outgoing:
            asyncio.get_running_loop().call_soon(self.release)
        self._outgoing.append(raw)

    def release(self) -> None:
        """Write what is to be sent, if that is allowed now. In one piece: a write costs as much as making a stanza."""
        if self._outgoing and self.transport and self._may_send():
            super().send_raw(b"".join(self._outgoing))
            self._outgoing.clear()

    def new_id(self) -> str:
        """Return an id that no other stanza of this process has, nor of another.

        COMPAT slixmpp 1.17.0: it asks the system for random bytes for each stanza, also for those that come in.
        """
        return f"{self._id_prefix}-{next(self._ids):x}"

    async def request(self, iq: Iq, timeout_s: float | None = None) -> Iq:
        """Send an IQ and return its answer. Raises LinkDown, LinkTrouble on silence, StepRefused on an error.

        At most max_iqs wait at once: slixmpp tries each waiting one on every stanza that comes in.
        """
        async with self._slots:
            self.require_up()
            lost = self._lost
            assert lost is not None
            reply = asyncio.ensure_future(iq.send(timeout=timeout_s or self._iq_timeout_s))
            self.iqs += 1
            try:
                # COMPAT slixmpp 1.17.0: an IQ in flight is not ended by the loss of the connection.
                await asyncio.wait({reply, lost}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                self.iqs -= 1
                if is_given_up := not reply.done():  # also when who asked was cancelled
                    self.remove_handler(f"IqCallback_{iq['id']}")
                    self.cancel_schedule(f"IqTimeout_{iq['id']}")
                    reply.cancel()
            if is_given_up:
                raise LinkDown("the link was lost before the answer")
            try:
                return reply.result()
            except IqError as error:
                raise StepRefused(error.condition, error.text or "") from error
            except IqTimeout as error:
                raise LinkTrouble("no answer in time") from error

    # --- what comes in

    def _spawn_event(self, xml: ET.Element) -> None:
        """Have a stanza handled. Whatever is in it, the stream goes on.

        COMPAT slixmpp 1.17.0: an exception in here would reach the event loop, which would close the connection.
        """
        kind = xml.tag.rpartition("}")[2]
        if kind in KINDS and not self._is_ours(xml.get("to", "")):
            self.received["of others"] += 1  # an answer from an address that is not ours would end the stream
            return
        self.received[kind if kind in KINDS else "other"] += 1
        incoming.prune(xml)
        incoming.drop_false_errors(xml)
        try:
            super()._spawn_event(xml)
        except LinkTrouble:
            pass  # there is nobody to answer
        except Exception:
            report_bug("stanza not handled")

    def _is_ours(self, address: str) -> bool:
        """Return whether the address is one of ours; none at all is the component's."""
        domain: str = self.boundjid.domain
        return not address or address.partition("/")[0].rpartition("@")[2].lower() == domain

    def exception(self, exception: Exception) -> None:
        """Log what slixmpp's own handlers raise. COMPAT slixmpp 1.17.0: it logs the stanza along with it."""
        log.error("handler failed", exc_info=exception)

    def on_stanza(self, name: str, path: str, handler: Callable[[Any], None]) -> None:
        """Have stanzas that match the path, as {namespace}name/..., handled in the order in which they come."""

        def guarded(stanza: Any) -> None:
            try:
                handler(stanza)
            except LinkTrouble:
                pass  # there is nobody to answer
            except Exception:
                error_id = report_bug("stanza handler failed")
                if stanza.name == "iq" and stanza["type"] in ("get", "set"):
                    refuse(stanza, "internal-server-error", f"error {error_id}")

        self.register_handler(Callback(name, MatchXPath(path), guarded))

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run what a handler has to wait for; a failure is logged with an id, the link goes on."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or task.exception() is None:
            return
        if isinstance(task.exception(), StoreTrouble):
            log.warning("the database does not answer", extra={"trouble": str(task.exception())})
        elif not isinstance(task.exception(), LinkTrouble):
            log.error("handler failed", exc_info=task.exception())

    @property
    def is_idle(self) -> bool:
        """Return whether no handler is at work, and a new link has begun its work."""
        return not self._tasks and not self._is_beginning

    # --- what slixmpp does by itself with what comes in

    def _drop_roster(self) -> None:
        """Keep slixmpp's roster out of presence.

        COMPAT slixmpp 1.17.0: it has an entry for every room ever entered, answers probes and
        subscriptions from memory only, and so unsubscribes the staff after a restart.
        """
        for kind in ("available", "dnd", "xa", "chat", "away"):
            self.del_event_handler(f"presence_{kind}", self._handle_available)
        for kind in ("unavailable", "subscribe", "subscribed", "unsubscribe", "unsubscribed", "probe"):
            self.del_event_handler(f"presence_{kind}", getattr(self, f"_handle_{kind}"))
        self.remove_handler("Presence")
        self.remove_handler("IM")
