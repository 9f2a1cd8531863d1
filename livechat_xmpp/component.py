"""The composition root: builds every part of the component once and joins them; nothing runs yet."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from slixmpp import Message

from livechat_xmpp import group_keepers
from livechat_xmpp.domain.model import WorkgroupName
from livechat_xmpp.metrics import Metrics
from livechat_xmpp.reconcile.groups import GroupRules
from livechat_xmpp.reconcile.ports import AccountLists, Clock
from livechat_xmpp.reconcile.reconciler import Reconciler
from livechat_xmpp.reconcile.wakeups import WakeUps
from livechat_xmpp.rules import heard_from, limits_from, rules_from
from livechat_xmpp.server_api.accounts import ListedAccounts
from livechat_xmpp.settings import Settings
from livechat_xmpp.store.database import Store
from livechat_xmpp.usecases import staff
from livechat_xmpp.usecases.desk import Desk, DeskRules
from livechat_xmpp.usecases.figures import figures_now
from livechat_xmpp.watching import Watched
from livechat_xmpp.xmpp import disco
from livechat_xmpp.xmpp.account_lists import AccountLists as XmppAccountLists
from livechat_xmpp.xmpp.addresses import Addresses, read_bare_jid
from livechat_xmpp.xmpp.arrivals import Arrivals
from livechat_xmpp.xmpp.bookmarks import Bookmarks
from livechat_xmpp.xmpp.commands import accounts, door, duty, languages, problems, training
from livechat_xmpp.xmpp.commands.chats import chat_commands
from livechat_xmpp.xmpp.commands.command import Commands
from livechat_xmpp.xmpp.commands.door import CommandDoor
from livechat_xmpp.xmpp.commands.sessions import CommandSessions
from livechat_xmpp.xmpp.commands.visits import visit_commands
from livechat_xmpp.xmpp.disco import Disco
from livechat_xmpp.xmpp.gate import Gate
from livechat_xmpp.xmpp.languages import Ears
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
        await self.staff_presence.read()
        await self.reconciler.on_link_up()  # rooms first: trainees may be in some without a monitor
        self.staff_presence.ask_everybody()

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


def _commands(addresses: Addresses, queue_door: QueueDoor, rules: DeskRules) -> Commands:
    """Return all commands, in the order in which lists show them."""
    commands = Commands()
    for subject in (
        duty.commands,
        chat_commands(addresses, is_voice_lent=bool(rules.rooms.lent_voice)),
        accounts.commands,
        languages.commands,
        problems.commands,
        training.commands,
        visit_commands(addresses, queue_door.tell_place, queue_door.request, queue_door.resume),
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
        rules=rules,
        ping_timeout_s=settings.routing.ping_timeout_s,
        staff=lambda: sorted(presence.accounts),
        is_staff=lambda jid: jid in presence.accounts,
        team_room=team_room,
        bookmarks=bookmarks,
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
        on_known=lambda: reconciler.on_presences_known(),
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
    commands = _commands(addresses, queue_door, rules)
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
