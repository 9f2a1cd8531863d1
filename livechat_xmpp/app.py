"""What the program can do: run the desk until told to stop, export, check."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

from livechat_xmpp import group_keepers, logs, standby, stopping
from livechat_xmpp.component import Component, account_lists, build
from livechat_xmpp.domain.model import BareJid, ChatId
from livechat_xmpp.domain.texts import title_characters
from livechat_xmpp.reconcile.clock import SystemClock
from livechat_xmpp.reconcile.ports import Clock
from livechat_xmpp.rules import form_of, policy_of
from livechat_xmpp.service import ServiceManager
from livechat_xmpp.settings import Settings
from livechat_xmpp.store import migrate
from livechat_xmpp.store.database import Store, file_of
from livechat_xmpp.store.fence import LockLost
from livechat_xmpp.store.lock import DeskLock
from livechat_xmpp.store.locks import lock_for
from livechat_xmpp.store.postgresql import session_name
from livechat_xmpp.usecases import audit, moving, staff, transcripts
from livechat_xmpp.usecases.ports import Work
from livechat_xmpp.usecases.staff import MAX_CHATS
from livechat_xmpp.web.server import PageSettings, PortTaken, serving
from livechat_xmpp.xmpp.check import everything
from livechat_xmpp.xmpp.check.findings import Wanted
from livechat_xmpp.xmpp.privileges import Privileges

log = logging.getLogger(__name__)

PORT_RETRY_S = 1.0  # a process before us that hangs is ended by somebody, or by its service manager
BESIDES_TRAINEES = 4  # in a room at the least: the desk, the visitor, a helper, a room monitor
STOP_TIMEOUT_S = 5.0  # for the link to end at a stop, and for the process once it has lost the lock


def _keep_policy(work: Work, settings: Settings) -> None:
    version, followed = policy_of(settings)
    work.policies.put(version, followed, work.now)


class NoDatabase(OSError):
    """There is no database to read from; the text says where it was looked for."""


@asynccontextmanager
async def running(
    settings: Settings, clock: Clock | None = None, lock: DeskLock | None = None, *, is_takeover: bool = False
) -> AsyncIterator[Component]:
    """Run the desk for the length of the block; the database has to be migrated. Failing parts end the block.

    lock: what holds other processes off; without it there has to be none. is_takeover: the process before us may
    be there still, and have the pages' port; it does not keep the desk from working.
    """
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(_store(settings, clock, lock))
        component = build(settings, store, clock)
        if lock is not None:
            _obey(lock, component)
        initial = {BareJid(jid): standing for jid, standing in settings.staff.initial.items()}
        await component.desk.do(staff.set_initial, initial, component.desk.rules)
        await component.desk.do(_keep_policy, settings)
        await component.desk.do(moving.take_over, component.desk.workgroups)
        if settings.web.enabled and not is_takeover:
            await stack.enter_async_context(_serving(settings, component))
        async with asyncio.TaskGroup() as tasks:
            pages = tasks.create_task(_serve_when_free(settings, component) if is_takeover else asyncio.sleep(0))
            link = tasks.create_task(component.link.run(component.on_up, component.on_down))
            work = tasks.create_task(component.reconciler.run())
            try:
                yield component
            finally:
                await _stop(component, settings)
                await asyncio.wait({link}, timeout=STOP_TIMEOUT_S)
                link.cancel()
                work.cancel()
                pages.cancel()


def _store(settings: Settings, clock: Clock, lock: DeskLock | None) -> AbstractAsyncContextManager[Store]:
    url = settings.database.url.get_secret_value()
    if lock is None:
        return Store.opened(url, clock.now)
    return Store.opened(
        url,
        clock.now,
        fence=lock.fence,
        patience_s=settings.database.takeover_s,
        session_name=session_name(settings.xmpp.component),
    )


def _obey(lock: DeskLock, component: Component) -> None:
    """Hold back what is to be sent while the lock is in doubt; without it, cut the link at once."""
    lock.fence.on_open = component.link.release
    lock.fence.on_lost = component.link.cut
    lock.on_regained = lambda: component.link.spawn(component.look_again())


def _serving(settings: Settings, component: Component) -> AbstractAsyncContextManager[str]:
    return serving(_pages(settings), component.health, component.metrics_text, component.passes.issue)


async def _serve_when_free(settings: Settings, component: Component) -> None:
    """Serve the pages as soon as their port is free."""
    is_told = False
    while settings.web.enabled:
        try:
            async with _serving(settings, component):
                await asyncio.Event().wait()
        except PortTaken as taken:
            if not is_told:
                log.warning("no pages yet", extra={"why": str(taken)})
            is_told = True
            await asyncio.sleep(PORT_RETRY_S)


async def _stop(component: Component, settings: Settings) -> None:
    """Leave rooms and people in order, while the link is there, then end it."""
    if component.link.is_up:
        await stopping.stop(
            component.desk,
            component.reconciler,
            component.rooms,
            component.speaker,
            within=timedelta(seconds=settings.desk.stop_s),
            removes_trainees=settings.rooms.trainees_on_stop == "remove",
        )
        component.team_room.leave()
        with contextlib.suppress(TimeoutError):  # as invitations that are being prepared
            await asyncio.wait_for(component.link.handled(), STOP_TIMEOUT_S)
    await component.link.stop()


def _pages(settings: Settings) -> PageSettings:
    first = settings.workgroups[0]
    return PageSettings(
        websocket_url=settings.web.websocket_url,
        anonymous_domain=settings.visitors.anonymous_domains[0],
        staff_domain=settings.staff.domains[0],
        workgroup=f"{first.name}@{settings.xmpp.component}",
        title=first.title,
        form=form_of(first, settings.visitors),
        host=settings.web.host,
        port=settings.web.port,
        trusted_proxies=settings.web.trusted_proxies,
        metrics_allow=settings.web.metrics_allow,
        max_connections=settings.web.max_connections,
    )


async def run(settings: Settings, *, is_migrating: bool = True) -> None:
    """Run the desk until SIGINT, SIGTERM or SIGHUP; before that, wait until no other process does. Raises LockLost."""
    logs.set_up(settings.log.level, settings.log.format)
    async with ServiceManager(os.environ).knowing():
        await _run(settings, is_migrating=is_migrating)


async def _run(settings: Settings, *, is_migrating: bool) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    url, component = settings.database.url.get_secret_value(), settings.xmpp.component
    lock = lock_for(url, component, settings.database.takeover_s)
    has_waited = not await lock.take()
    if has_waited:
        await standby.wait_until_taken(lock, stop, settings)
    async with lock.kept():
        if stop.is_set():
            return
        if (file := file_of(url)) is not None:
            log.info("database", extra={"file": str(file.absolute())})
        if is_migrating:
            await migrate.upgrade(url, session_name=session_name(component))
        async with running(settings, lock=lock, is_takeover=has_waited):
            await standby.first_of(stop, lock.fence.lost)
            # A service manager and a standby wait for our end, our threads perhaps for the database: then as in a crash
            within_s = STOP_TIMEOUT_S if lock.fence.lost_because else settings.desk.stop_s + 3 * STOP_TIMEOUT_S
            asyncio.get_running_loop().call_later(within_s, os._exit, 1)
    if why := lock.fence.lost_because:
        raise LockLost(f"The lock on the database is lost: {why}.")


async def export_chat(settings: Settings, chat_id: str) -> dict[str, Any]:
    """Return everything kept of a chat, ready for JSON. Raises NotFound, and NoDatabase."""
    async with Store.opened(_database_there(settings), SystemClock().now) as store:
        return await store.read(lambda work: transcripts.export(work, ChatId(chat_id)))


async def export_audit(settings: Settings) -> dict[str, Any]:
    """Return the record of standings and decisions, ready for JSON. Raises NoDatabase."""
    async with Store.opened(_database_there(settings), SystemClock().now) as store:
        return await store.read(audit.export)


def _database_there(settings: Settings) -> str:
    """Return the database's URL. Raises NoDatabase: opened, SQLite would make an empty one here."""
    url = settings.database.url.get_secret_value()
    file = file_of(url)
    if file is not None and not file.exists():
        raise NoDatabase(
            f"There is no database {file.absolute()}. Start this in the folder in which the desk was started"
            " (as a service: /var/lib/livechat-xmpp), or write the whole path into database.url."
        )
    return url


async def upgrade(settings: Settings) -> None:
    """Bring the database to the newest tables."""
    await migrate.upgrade(settings.database.url.get_secret_value())


async def check(settings: Settings) -> bool:
    """Try on the server all that the desk needs there, printing a line for each; return whether all is well."""
    logging.disable(logging.CRITICAL)  # what goes wrong is among the lines
    web = settings.web
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(web.host, web.host)
    shared = group_keepers.shared_groups(settings, Privileges(()))
    wanted = Wanted(
        component=settings.xmpp.component,
        secret=settings.xmpp.secret.get_secret_value(),
        host=settings.xmpp.host,
        port=settings.xmpp.port,
        muc=settings.xmpp.muc,
        contributors=settings.xmpp.contributors,
        staff_domains=settings.staff.domains,
        anonymous_domain=settings.visitors.anonymous_domains[0],
        websocket_url=web.websocket_url,
        health_url=f"http://{f'[{host}]' if ':' in host else host}:{web.port}/healthz" if web.enabled else "",
        contact=f"{settings.workgroups[0].name}@{settings.xmpp.component}",
        people=tuple(settings.staff.initial),
        max_stanza_bytes=settings.xmpp.max_stanza_bytes,
        title_characters=title_characters(settings.visitors.name_limit),
        people_in_room=BESIDES_TRAINEES + settings.rooms.trainee_places,
        rooms_of_one=MAX_CHATS,
        account_lists=lambda link: account_lists(settings, link),
        has_groups=settings.groups.enabled,
        try_shared_groups=shared.try_out if shared is not None else None,
    )
    return await everything.check(wanted, lambda line: print(line, flush=True))
