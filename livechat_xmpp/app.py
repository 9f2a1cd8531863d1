"""The composition root: builds every part once, joins them, and runs them until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from slixmpp import Message

from livechat_xmpp import group_keepers, logs, standby, stopping
from livechat_xmpp.domain.apprenticeship import TrainingRules
from livechat_xmpp.domain.escalation import ClimbRules
from livechat_xmpp.domain.model import BareJid, ChatId, WorkgroupName
from livechat_xmpp.domain.rooms import RoomRules
from livechat_xmpp.domain.signup import SignUpRules
from livechat_xmpp.metrics import Metrics
from livechat_xmpp.reconcile.clock import SystemClock
from livechat_xmpp.reconcile.groups import GroupRules
from livechat_xmpp.reconcile.ports import AccountLists, Clock
from livechat_xmpp.reconcile.reconciler import Reconciler
from livechat_xmpp.reconcile.wakeups import WakeUps
from livechat_xmpp.server_api.accounts import ListedAccounts
from livechat_xmpp.service import ServiceManager
from livechat_xmpp.settings import Settings
from livechat_xmpp.store import migrate
from livechat_xmpp.store.database import Store
from livechat_xmpp.store.fence import LockLost
from livechat_xmpp.store.lock import DeskLock, lock_for
from livechat_xmpp.store.postgresql import session_name
from livechat_xmpp.translations import Translations
from livechat_xmpp.usecases import audit, staff, transcripts
from livechat_xmpp.usecases.desk import Desk, DeskRules
from livechat_xmpp.usecases.figures import figures_now
from livechat_xmpp.usecases.ports import Work
from livechat_xmpp.watching import Watched
from livechat_xmpp.web.server import PageSettings, PortTaken, serving
from livechat_xmpp.xmpp import disco, limits
from livechat_xmpp.xmpp.account_lists import AccountLists as XmppAccountLists
from livechat_xmpp.xmpp.addresses import Addresses, read_bare_jid
from livechat_xmpp.xmpp.arrivals import Arrivals
from livechat_xmpp.xmpp.bookmarks import Bookmarks
from livechat_xmpp.xmpp.check import everything
from livechat_xmpp.xmpp.check.findings import Wanted
from livechat_xmpp.xmpp.commands import accounts, door, duty, languages, problems, training
from livechat_xmpp.xmpp.commands.chats import chat_commands
from livechat_xmpp.xmpp.commands.command import Commands
from livechat_xmpp.xmpp.commands.door import CommandDoor
from livechat_xmpp.xmpp.commands.sessions import CommandSessions
from livechat_xmpp.xmpp.commands.visits import visit_commands
from livechat_xmpp.xmpp.disco import Disco
from livechat_xmpp.xmpp.gate import Gate
from livechat_xmpp.xmpp.languages import Ears, HeardLanguages
from livechat_xmpp.xmpp.limits import Limits
from livechat_xmpp.xmpp.link import Link
from livechat_xmpp.xmpp.passes import Passes
from livechat_xmpp.xmpp.people import Speaker
from livechat_xmpp.xmpp.presences import PresenceBook
from livechat_xmpp.xmpp.privileges import Privileges
from livechat_xmpp.xmpp.queue_door import QueueDoor
from livechat_xmpp.xmpp.registration_door import RegistrationDoor
from livechat_xmpp.xmpp.rooms import MucRooms
from livechat_xmpp.xmpp.signs_of_life import SignsOfLife
from livechat_xmpp.xmpp.staff_presence import StaffPresence
from livechat_xmpp.xmpp.stanzas import visit, workgroup
from livechat_xmpp.xmpp.team_room import TeamRoom
from livechat_xmpp.xmpp.turns import Turns
from livechat_xmpp.xmpp.words import Words

log = logging.getLogger(__name__)

PORT_RETRY_S = 1.0  # a process before us that hangs is ended by somebody, or by its service manager
STOP_TIMEOUT_S = 5.0  # for the link to end at a stop, and for the process once it has lost the lock


def rules_from(settings: Settings, heard: HeardLanguages | None = None) -> DeskRules:
    """Return the numbers that the rules apply, and the texts. heard: what languages people speak."""
    rooms = settings.rooms
    return DeskRules(
        rooms=RoomRules(
            helper_counts_as_monitor=rooms.helper_counts_as_monitor,
            trainee_places=rooms.trainee_places,
            trainee_patience=timedelta(seconds=rooms.trainee_patience_s),
            remind_after=timedelta(seconds=rooms.remind_after_s),
            visitor_grace=timedelta(seconds=settings.visitors.grace_s),
            helper_grace=timedelta(seconds=rooms.helper_grace_s),
            resync_after=timedelta(seconds=rooms.resync_s),
            longest_wait=timedelta(seconds=settings.visitors.longest_wait_s),
            first_reply=timedelta(seconds=settings.routing.first_reply_s),
        ),
        offer_timeout=timedelta(seconds=settings.routing.offer_timeout_s),
        repeat_after=timedelta(seconds=settings.routing.repeat_after_s),
        climb=ClimbRules(
            ring_all_after=timedelta(seconds=settings.routing.ring_all_after_s),
            alarm_after=timedelta(seconds=settings.routing.alarm_after_s),
            tell_visitor_after=timedelta(seconds=settings.routing.tell_visitor_after_s),
        ),
        training=_training_rules(settings),
        policy=policy_of(settings)[0],
        overdue=timedelta(seconds=settings.desk.overdue_s),
        max_chats=settings.routing.max_chats,
        queue_limit=settings.visitors.queue_limit,
        name_limit=settings.visitors.name_limit,
        answer_limit=settings.visitors.answer_limit,
        staff_domains=frozenset(settings.staff.domains),
        anonymous_domains=frozenset(settings.visitors.anonymous_domains),
        contributors=settings.xmpp.contributors,
        read_jid=read_bare_jid,
        sign_up=SignUpRules(
            guide_url=settings.apprenticeship.guide_url,
            welcomes_per_hour=settings.apprenticeship.welcomes_per_hour,
            new_accounts=settings.apprenticeship.sign_up_new_accounts,
            existing_accounts=settings.apprenticeship.sign_up_existing_accounts,
        ),
        catalogue=Translations(settings.texts.default_language, settings.texts.overrides),
        heard=(heard or heard_from(settings)).of,
    )


def _training_rules(settings: Settings) -> TrainingRules:
    chosen = settings.apprenticeship
    return TrainingRules(
        watched_needed=chosen.watched_needed,
        helped_needed=chosen.helped_needed,
        watch_share=chosen.watch_share,
        watch_time=timedelta(seconds=chosen.watch_s),
        said_needed=chosen.said_needed,
        endorsers_needed=chosen.endorsers_needed,
        days_needed=chosen.days_needed,
        approvals_needed=chosen.approvals_needed,
        decide_within=timedelta(seconds=chosen.decide_s),
        remind_after=timedelta(seconds=chosen.remind_s),
        ask_again_after=timedelta(seconds=chosen.ask_again_s),
        lasting=timedelta(seconds=chosen.letter_s),
        stuck_after=timedelta(seconds=chosen.stuck_s),
        active_within=timedelta(seconds=chosen.active_s),
        daily_at_hour=chosen.daily_hour,
        helper_counts_as_monitor=settings.rooms.helper_counts_as_monitor,
    )


def policy_of(settings: Settings) -> tuple[str, dict[str, Any]]:
    """Return the settings that decisions about people follow, and the version that the audit names them by."""
    followed = {
        "apprenticeship": settings.apprenticeship.model_dump(mode="json"),
        "rooms": {"helper_counts_as_monitor": settings.rooms.helper_counts_as_monitor},
        "staff": {"domains": list(settings.staff.domains)},
    }
    return hashlib.sha256(json.dumps(followed, sort_keys=True).encode()).hexdigest()[:8], followed


def _keep_policy(work: Work, settings: Settings) -> None:
    version, followed = policy_of(settings)
    work.policies.put(version, followed, work.now)


def heard_from(settings: Settings) -> HeardLanguages:
    return HeardLanguages(unspoken=settings.texts.unspoken_language, remembered=settings.limits.remembered)


def limits_from(settings: Settings) -> limits.Rules:
    """Return what is taken of whom."""
    return limits.Rules(
        **settings.limits.model_dump(),
        own_domains=frozenset({*settings.staff.domains, settings.xmpp.component, settings.xmpp.muc}),
        anonymous_domains=frozenset(settings.visitors.anonymous_domains),
    )


@dataclass(frozen=True, slots=True)
class Component:
    """The running parts, for whoever has to reach them: run() below, and tests."""

    desk: Desk
    link: Link
    reconciler: Reconciler
    store: Store
    staff_presence: StaffPresence
    privileges: Privileges
    rooms: MucRooms
    speaker: Speaker
    team_room: TeamRoom
    book: PresenceBook
    passes: Passes
    watched: Watched
    clock: Clock
    ears: Ears
    signs: SignsOfLife

    async def on_up(self) -> None:
        """Begin with a new link: what the last one showed is forgotten, everything is looked at anew."""
        self.rooms.forget_all()
        self.team_room.forget()
        self.speaker.forget()
        self.book.forget(self.clock.now())
        accounts = await self.desk.ask(staff.every_account)
        self.ears.begin(accounts)
        self.signs.begin(accounts)
        await self.staff_presence.begin()
        await self.reconciler.on_link_up()

    async def look_again(self) -> None:
        """Begin anew with a database that was away: it may have lost a commit, or have one that is news here."""
        await self.store.forget()
        if self.link.is_up:
            await self.reconciler.on_link_up()

    def on_down(self) -> None:
        """Give up what waits for the rooms; what the server lets us do ends with the link."""
        self.rooms.forget_all()
        self.privileges.forget()
        self.team_room.forget()

    @property
    def is_idle(self) -> bool:
        """Return whether nothing is left to do until something happens or time passes."""
        return self.reconciler.is_idle and self.link.is_idle

    async def health(self) -> str | None:
        """Return None when the desk can work, else the reason why not."""
        if self.store.fence.is_in_doubt:
            return "the lock on the database is lost, and not ours again yet"
        if not self.link.is_up:
            return "no link to the XMPP server"
        try:
            await self.store.check()
        except Exception as exc:
            return f"the database does not answer: {type(exc).__name__}"
        return None

    async def metrics_text(self) -> bytes:
        """Return all metrics in Prometheus' text format; without what the database says when it does not answer."""
        try:
            figures = await self.desk.ask(figures_now, self.desk.workgroups)
        except Exception as exc:
            log.warning("metrics without the database", extra={"why": type(exc).__name__})
            return self.watched.text(None)
        return self.watched.text(figures)


def _link(settings: Settings, may_send: Callable[[], bool]) -> Link:
    return Link(
        settings.xmpp.component,
        settings.xmpp.secret.get_secret_value(),
        settings.xmpp.host,
        settings.xmpp.port,
        max_iqs=settings.xmpp.max_iqs,
        iq_timeout=timedelta(seconds=settings.xmpp.iq_timeout_s),
        ping_interval=timedelta(seconds=settings.xmpp.ping_interval_s),
        max_bytes=settings.xmpp.max_stanza_bytes,
        may_send=may_send,
    )


def account_lists(settings: Settings, link: Link) -> AccountLists:
    """Return who asks the server for its accounts: its API where that is set, else as one of its admins."""
    by_admin = XmppAccountLists(link)
    api = group_keepers.api_of(settings)
    return by_admin if api is None else ListedAccounts(api, read_bare_jid, by_admin)


def _commands(addresses: Addresses, queue_door: QueueDoor) -> Commands:
    """Return all commands, in the order in which lists show them."""
    commands = Commands()
    for subject in (
        duty.commands,
        chat_commands(addresses),
        accounts.commands,
        languages.commands,
        problems.commands,
        training.commands,
        visit_commands(addresses, queue_door.tell_place, queue_door.request),
    ):
        commands.include(subject)
    return commands


def build(settings: Settings, store: Store, clock: Clock) -> Component:
    """Build every part and join them; nothing runs yet."""
    for module in (workgroup, visit, door, disco):
        module.register()
    names = tuple(WorkgroupName(w.name) for w in settings.workgroups)
    addresses = Addresses(settings.xmpp.component, settings.xmpp.muc, names)
    link = _link(settings, store.fence.is_open)
    heard = heard_from(settings)
    wakeups, book, rules = WakeUps(), PresenceBook(), rules_from(settings, heard)
    privileges = Privileges(settings.staff.domains)
    metrics = Metrics()
    store.on_unit = metrics.on_database
    desk = Desk(store, wakeups, book, rules, names, metrics.on_fact)
    arrivals = Arrivals(
        rules.staff_domains,
        lambda jid, source: reconciler.newcomers.hear(jid, source),
        is_staff=lambda jid: jid in presence.accounts,
        hears_servers=rules.sign_up.new_accounts,
    )
    team_room = TeamRoom(
        link,
        addresses,
        settings.xmpp.contributors,
        answer_timeout_s=settings.xmpp.iq_timeout_s,
        on_seen=arrivals.on_contributor,
        on_out=lambda: reconciler.attendance.on_out(),
    )
    bookmarks = Bookmarks(link, privileges)
    speaker = Speaker(
        link,
        addresses,
        book,
        offer_timeout=rules.offer_timeout,
        ping_timeout_s=settings.routing.ping_timeout_s,
        staff=lambda: sorted(presence.accounts),
        team_room=team_room,
        bookmarks=bookmarks,
        catalogue=rules.catalogue,
    )
    turns = Turns(link.spawn, waiting=settings.xmpp.pending_per_sender)
    presence = StaffPresence(
        link,
        turns,
        addresses,
        desk,
        book,
        speaker,
        clock.now,
        title=f"{settings.workgroups[0].title} desk",
        probe_wait_s=settings.routing.probe_wait_s,
        privileges=privileges,
        on_moved=lambda: reconciler.groups.on_moved(),
    )

    async def refresh_staff() -> None:
        await presence.refresh()
        ears.meet(presence.accounts)

    def on_server(message: Message) -> None:
        arrivals.on_server_message(message)
        if (domain := privileges.take(message)) is not None:
            presence.on_contact_lists(domain)
            reconciler.groups.begin()

    rooms = MucRooms(
        link,
        addresses,
        clock.now,
        answer_timeout_s=settings.xmpp.iq_timeout_s,
        on_changed=lambda chat_id: reconciler.on_room_changed(chat_id),
        on_heard=lambda chat_id, heard: reconciler.hear(chat_id, heard),
    )
    reconciler = Reconciler(
        desk,
        wakeups,
        rooms,
        speaker,
        book,
        clock,
        monitor_grace=timedelta(seconds=settings.rooms.monitor_grace_s),
        status_interval=timedelta(seconds=settings.visitors.status_interval_s),
        sweep_every=timedelta(seconds=settings.desk.sweep_s),
        destroy_again=timedelta(seconds=settings.rooms.destroy_again_s),
        refresh_staff=refresh_staff,
        keepers=group_keepers.keepers(settings, link, addresses, desk, book, privileges),
        group_rules=GroupRules(
            settings.groups.most_people, timedelta(seconds=settings.groups.look_s), settings.groups.at_once
        ),
        account_lists=account_lists(settings, link),
        team_room=team_room,
        room_look=timedelta(seconds=settings.rooms.resync_s),
        on_round=metrics.on_round,
    )
    passes = Passes(settings.xmpp.secret.get_secret_value(), clock.now)
    at_the_door = Limits(limits_from(settings), passes, clock.now, is_staff=lambda jid: jid in presence.accounts)
    queue_door = QueueDoor(desk, addresses, speaker, link, reconciler.note_told, at_the_door)
    commands = _commands(addresses, queue_door)
    sessions = CommandSessions(settings.xmpp.secret.get_secret_value(), clock.now)
    command_door = CommandDoor(commands, sessions, desk, addresses)
    ears = Ears(heard, turns, desk, is_staff=lambda jid: jid in presence.accounts)
    signs = SignsOfLife(link, desk, clock.now, is_staff=lambda jid: jid in presence.accounts)
    titles = {w.name: w.title for w in settings.workgroups}
    Gate(
        link,
        turns,
        addresses,
        desk,
        rooms,
        speaker,
        presence,
        command_door,
        queue_door,
        Disco(addresses, titles, command_door, speaker),
        Words(commands, desk),
        at_the_door,
        team_room,
        RegistrationDoor(desk, addresses),
        ears,
        signs,
        on_server,
    )
    watched = Watched(metrics, link, turns, at_the_door, reconciler)
    return Component(
        desk,
        link,
        reconciler,
        store,
        presence,
        privileges,
        rooms,
        speaker,
        team_room,
        book,
        passes,
        watched,
        clock,
        ears,
        signs,
    )


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
        await component.desk.do(staff.set_initial, initial)
        await component.desk.do(_keep_policy, settings)
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
        host=settings.web.host,
        port=settings.web.port,
        trusted_proxies=settings.web.trusted_proxies,
        metrics_allow=settings.web.metrics_allow,
    )


async def run(settings: Settings, *, is_migrating: bool = True) -> None:
    """Run the desk until SIGINT or SIGTERM; before that, wait until no other process does. Raises LockLost."""
    logs.set_up(settings.log.level, settings.log.format)
    async with ServiceManager(os.environ).knowing():
        await _run(settings, is_migrating=is_migrating)


async def _run(settings: Settings, *, is_migrating: bool) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    url, component = settings.database.url.get_secret_value(), settings.xmpp.component
    lock = lock_for(url, component, settings.database.takeover_s)
    has_waited = not await lock.take()
    if has_waited:
        await standby.wait_until_taken(lock, stop, settings)
    async with lock.kept():
        if stop.is_set():
            return
        if is_migrating:
            await migrate.upgrade(url, session_name=session_name(component))
        async with running(settings, lock=lock, is_takeover=has_waited):
            await standby.first_of(stop, lock.fence.lost)
            if lock.fence.lost_because:  # the service manager waits for our end: threads may wait for the database
                asyncio.get_running_loop().call_later(STOP_TIMEOUT_S, os._exit, 1)
    if why := lock.fence.lost_because:
        raise LockLost(f"The lock on the database is lost: {why}.")


async def export_chat(settings: Settings, chat_id: str) -> dict[str, Any]:
    """Return everything kept of a chat, ready for JSON. Raises NotFound."""
    clock = SystemClock()
    async with Store.opened(settings.database.url.get_secret_value(), clock.now) as store:
        return await store.read(lambda work: transcripts.export(work, ChatId(chat_id)))


async def export_audit(settings: Settings) -> dict[str, Any]:
    """Return the record of standings and decisions, ready for JSON."""
    async with Store.opened(settings.database.url.get_secret_value(), SystemClock().now) as store:
        return await store.read(audit.export)


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
        account_lists=lambda link: account_lists(settings, link),
        has_groups=settings.groups.enabled,
        try_shared_groups=shared.try_out if shared is not None else None,
    )
    return await everything.check(wanted, lambda line: print(line, flush=True))
