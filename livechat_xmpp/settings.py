"""The configuration as one typed model: livechat.toml, overridden by LIVECHAT_* variables, checked whole at start.

The only reader of that file and of the environment. Each part of the program is given its own group.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tomllib
import types
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableVariable

from livechat_xmpp import translations
from livechat_xmpp.domain import forms
from livechat_xmpp.domain.model import Standing


class SettingsError(Exception):
    """The configuration cannot be used; str() of it lists every mistake, one a line."""


DATABASES = ("sqlite:///", "postgresql://")


class Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class XmppSettings(Group):
    """The XMPP server and our addresses there."""

    component: Annotated[
        str, Field(description="Domain of the component: workgroup. and the helpers' domain, else Spark looks in vain.")
    ] = "workgroup.localhost"
    secret: Annotated[SecretStr, Field(description="Shared secret of the component, as in the server's configuration.")]
    host: Annotated[str, Field(description="Where the server's component port is.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535, description="The server's component port.")] = 5347
    muc: Annotated[
        str,
        Field(
            description="MUC service of the help rooms, named under the component, so that only it makes rooms there."
        ),
    ] = "chats.workgroup.localhost"
    contributors: Annotated[
        str, Field(description="Room of the contributors, where staff are pointed to who ask at the visitors' entry.")
    ] = "contributors@conference.localhost"
    max_iqs: Annotated[
        int,
        Field(
            ge=1, le=500, description="Requests waiting for answers at once; each makes all incoming traffic slower."
        ),
    ] = 32
    iq_timeout_s: Annotated[float, Field(gt=0, description="How long the server has to answer a request.")] = 15.0
    ping_interval_s: Annotated[
        float,
        Field(gt=0, description="How often the server is asked whether it is there: one that hangs ends no link."),
    ] = 60.0
    max_stanza_bytes: Annotated[
        int,
        Field(ge=10_000, description="Largest stanza we send; above the server's limit it would end the connection."),
    ] = 480_000
    pending_per_sender: Annotated[
        int,
        Field(ge=1, description="Stanzas of one sender that may wait; one who floods is refused, others do not wait."),
    ] = 50

    @field_validator("contributors")
    @classmethod
    def _is_room(cls, contributors: str) -> str:
        if contributors and not re.fullmatch(r"[^@/\s]+@[^@/\s]+", contributors):
            raise ValueError(f"{contributors!r} is not the address of a room like contributors@conference.example.org")
        return contributors


class DatabaseSettings(Group):
    """Where everything is kept."""

    url: Annotated[
        SecretStr,
        Field(description="sqlite:///FILE or postgresql://USER@HOST/NAME; a driver in it (sqlite+aiosqlite) is ours."),
    ] = SecretStr("sqlite:///livechat.db")
    takeover_s: Annotated[
        float,
        Field(
            ge=3,
            le=300,
            description=(
                "PostgreSQL: a process without a sign of life for so long gives the desk to a standby, and stops."
                " Longer than a restart of the database takes."
            ),
        ),
    ] = 10.0
    standby_poll_s: Annotated[
        float,
        Field(gt=0, le=60, description="How often a standby looks whether the desk is free: a part of a takeover."),
    ] = 0.5

    @field_validator("url")
    @classmethod
    def _is_known(cls, url: SecretStr) -> SecretStr:
        scheme, _, rest = url.get_secret_value().partition("://")
        if not f"{scheme.partition('+')[0]}://{rest}".startswith(DATABASES):
            raise ValueError(f"must begin with {' or '.join(DATABASES)}")
        return url


class StaffSettings(Group):
    """Who can belong to the staff."""

    domains: Annotated[
        tuple[str, ...],
        Field(min_length=1, description="Domains whose accounts can get a standing; visitors' accounts never get one."),
    ] = ("localhost",)
    initial: Annotated[
        dict[str, Standing],
        Field(description="Standing of accounts that have no record yet, given at start. Name two admins here."),
    ] = {}

    @field_validator("initial")
    @classmethod
    def _addresses(cls, initial: dict[str, Standing]) -> dict[str, Standing]:
        for jid in initial:
            if jid.count("@") != 1 or "/" in jid or jid != jid.lower() or jid.startswith("@") or jid.endswith("@"):
                raise ValueError(f"{jid!r} is not an address like name@example.org in lower case")
        return initial


class VisitorSettings(Group):
    """Those who ask."""

    anonymous_domains: Annotated[
        tuple[str, ...], Field(description="Domains of visitors without an account, for the page.")
    ] = ("anon.localhost",)
    grace_s: Annotated[
        float, Field(ge=0, description="How long a visitor who lost the connection keeps the place or the chat.")
    ] = 120.0
    longest_wait_s: Annotated[
        float, Field(gt=0, description="A request that nobody has taken for so long ends; no page stays open longer.")
    ] = 3600.0
    queue_limit: Annotated[int, Field(ge=1, description="Requests waiting at once; more are told to come later.")] = 200
    status_interval_s: Annotated[
        float, Field(ge=0, description="Place and wait are told again after this long at the earliest.")
    ] = 3.0
    name_limit: Annotated[
        int, Field(ge=1, le=255, description="Characters of a visitor's name; lists stay readable.")
    ] = 64
    answer_limit: Annotated[
        int, Field(ge=1, le=20_000, description="Characters of a question; it travels in one message with the offer.")
    ] = 4000


class RoutingSettings(Group):
    """Offering requests to helpers."""

    offer_timeout_s: Annotated[float, Field(gt=0, description="How long a helper has to take an offer.")] = 20.0
    repeat_after_s: Annotated[
        float, Field(ge=0, description="A request that a helper passed comes back to the same one after this long.")
    ] = 60.0
    ring_all_after_s: Annotated[
        float,
        Field(
            gt=0,
            description="A request not taken for so long goes to all who are free: three were asked by then.",
        ),
    ] = 60.0
    alarm_after_s: Annotated[
        float,
        Field(gt=0, description="After this long in the queue admins and contributors are told: all were asked."),
    ] = 120.0
    tell_visitor_after_s: Annotated[
        float,
        Field(gt=0, description="After this long the visitor is told that nobody is free: the alarm has not helped."),
    ] = 180.0
    first_reply_s: Annotated[
        float,
        Field(gt=0, description="A request goes back to the queue when nobody has written to the visitor for so long."),
    ] = 120.0
    max_chats: Annotated[
        int, Field(ge=1, le=20, description="Chats at once of a helper who does not say otherwise.")
    ] = 2
    ping_timeout_s: Annotated[
        float, Field(gt=0, description="How long a visitor's client has to answer before an offer is made.")
    ] = 3.0
    probe_wait_s: Annotated[
        float, Field(ge=0, description="Silence after asking for presence on a new link that counts as offline.")
    ] = 2.0


class RoomSettings(Group):
    """The chats' rooms, and the rule that a trainee is there only while a room monitor is."""

    helper_counts_as_monitor: Annotated[
        bool, Field(description="Whether a monitor who answers the chat as its helper counts as its room monitor.")
    ] = True
    trainee_places: Annotated[int, Field(ge=0, description="Trainees invited to or inside a chat at once.")] = 3
    trainee_patience_s: Annotated[
        float, Field(gt=0, description="How long a trainee's place is kept for who does not come.")
    ] = 60.0
    monitor_grace_s: Annotated[
        float,
        Field(ge=0, description="After this long a monitor who is offline but still listed does not count any more."),
    ] = 30.0
    helper_grace_s: Annotated[
        float, Field(ge=0, description="How long a helper may be out of the room before the request goes back.")
    ] = 60.0
    remind_after_s: Annotated[
        float, Field(gt=0, description="Visitor and helper who do not come are asked in once more after this long.")
    ] = 10.0
    resync_s: Annotated[
        float, Field(gt=0, description="How often each room is looked at anew, against losses that nobody tells of.")
    ] = 600.0
    destroy_again_s: Annotated[
        float,
        Field(
            ge=0,
            description="Rooms destroyed so shortly before the link was lost are destroyed again on the next one: a "
            "server that crashed may have brought them back.",
        ),
    ] = 60.0
    archive_patience_s: Annotated[
        float,
        Field(
            ge=0,
            description="How long the room of an ended chat is kept when its archive does not answer; what was heard "
            "live is in the transcript anyway.",
        ),
    ] = 60.0
    trainees_on_stop: Annotated[
        str,
        Field(
            pattern="^(remove|keep)$", description="What becomes of trainees in rooms when the component is stopped."
        ),
    ] = "remove"


class DeskSettings(Group):
    """The desk as a whole."""

    sweep_s: Annotated[
        float, Field(gt=0, description="How often the record is looked through for what is not where it should be.")
    ] = 60.0
    overdue_s: Annotated[
        float,
        Field(gt=0, description="How long after its moment something may be under way; then the sweep counts it."),
    ] = 60.0
    stop_s: Annotated[
        float,
        Field(gt=0, description="How long an orderly stop may take to put trainees out and to tell everybody."),
    ] = 5.0


class GroupSettings(Group):
    """The groups trainees and support in the staff's contact lists."""

    enabled: Annotated[
        bool, Field(description="Whether to keep them; when this is turned off, what is in contact lists stays.")
    ] = True
    most_people: Annotated[
        int,
        Field(
            ge=2,
            le=2000,
            description=(
                "People shown, helpers first, then trainees active last: each has all others, so that entries grow "
                "with the square."
            ),
        ),
    ] = 200
    look_s: Annotated[
        float,
        Field(gt=0, description="How often all lists are looked at, as people and admins change them without telling."),
    ] = 3600.0
    at_once: Annotated[
        int,
        Field(ge=1, le=32, description="Lists worked on at once; more are no sooner done, and keep others waiting."),
    ] = 1
    api_url: Annotated[
        str,
        Field(
            pattern="^(https?://.*)?$",
            description="ejabberd: its HTTP API as in livechat.yml: http://127.0.0.1:5284/api/v0. Empty: none.",
        ),
    ] = ""
    api_account: Annotated[
        str, Field(description="Account that api_permissions name, where the address alone shall not open that API.")
    ] = ""
    api_password: Annotated[SecretStr, Field(description="Password of that account.")] = SecretStr("")


class ApprenticeshipSettings(Group):
    """How a newcomer becomes a helper: what counts, who speaks for them, how long a decision may take."""

    guide_url: Annotated[
        str,
        Field(pattern=r"^(https?://[^\s/?#]+\S*)?$", description="The helpers' guide, that newcomers are pointed to."),
    ] = ""
    sign_up_new_accounts: Annotated[
        bool,
        Field(description="Whether new accounts of the staff's domains become trainees at once; else who asks for it."),
    ] = True
    sign_up_existing_accounts: Annotated[
        bool,
        Field(description="Whether accounts that were there before the desk, in the server's first list, do so too."),
    ] = False
    welcomes_per_hour: Annotated[
        int,
        Field(
            ge=1,
            description="Newcomers welcomed in an hour, the others later: more are a flood of accounts, not of people.",
        ),
    ] = 60
    watched_needed: Annotated[int, Field(ge=0, description="Chats to watch before somebody counts as ready.")] = 5
    helped_needed: Annotated[int, Field(ge=0, description="Chats to help in before somebody counts as ready.")] = 3
    watch_share: Annotated[
        float,
        Field(gt=0, le=1, description="Share of a chat to be there for, with a room monitor, to have watched it."),
    ] = 0.5
    watch_s: Annotated[
        float, Field(gt=0, description="Being there for so long counts as watched too: long chats teach early.")
    ] = 300.0
    said_needed: Annotated[
        int, Field(ge=1, description="Things said while visitor and helper talk for a chat to count as helped in.")
    ] = 3
    endorsers_needed: Annotated[
        int, Field(ge=1, description="Different people who endorse before admins are asked: one alone may be a friend.")
    ] = 2
    days_needed: Annotated[
        int, Field(ge=1, description="Different days (UTC) of these endorsements: an afternoon shows little.")
    ] = 2
    approvals_needed: Annotated[
        int, Field(ge=1, description="Admins who have to agree before a trainee is a helper.")
    ] = 1
    decide_s: Annotated[
        float, Field(gt=0, description="How long admins have to decide; then it is shown as overdue.")
    ] = 86_400.0
    remind_s: Annotated[float, Field(gt=0, description="When admins are told again of a decision that is open.")] = (
        64_800.0
    )
    ask_again_s: Annotated[
        float, Field(ge=0, description="The same helper is asked about the same trainee at most so often.")
    ] = 86_400.0
    letter_s: Annotated[
        float, Field(gt=0, description="How long what is said about a decision may wait for the desk to have a link.")
    ] = 604_800.0
    stuck_s: Annotated[
        float,
        Field(gt=0, description="Trainees whom nothing has happened to for so long are on the list of the stuck."),
    ] = 259_200.0
    active_s: Annotated[
        float,
        Field(gt=0, description="Admins without a sign of life for so long do not count as deciding."),
    ] = 604_800.0
    daily_hour: Annotated[int, Field(ge=0, le=23, description="Hour (UTC) of the daily list of the stuck.")] = 7

    @model_validator(mode="after")
    def _is_reminded_in_time(self) -> ApprenticeshipSettings:
        if self.remind_s >= self.decide_s:
            raise ValueError("apprenticeship.remind_s must be less than decide_s")
        return self


class WebSettings(Group):
    """The visitors' page and the staff's, served by the component itself."""

    enabled: Annotated[bool, Field(description="Whether to serve the pages.")] = True
    host: Annotated[str, Field(description="Address to listen on; put a proxy with TLS before it.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="Port of the pages.")] = 8080
    websocket_url: Annotated[
        str, Field(pattern="^wss?://", description="The XMPP server's WebSocket, as browsers reach it (RFC 7395).")
    ] = "ws://127.0.0.1:5280/xmpp-websocket"
    trusted_proxies: Annotated[
        tuple[IPvAnyNetwork, ...],
        Field(
            description="Networks of proxies that set X-Forwarded-For; limits count visitors by the address told there."
        ),
    ] = ()
    metrics_allow: Annotated[
        tuple[IPvAnyNetwork, ...],
        Field(description="Networks whose clients may read /metrics (Prometheus); for all others there is none."),
    ] = ()
    max_connections: Annotated[
        int,
        Field(
            ge=8,
            description="Connections to the pages that may be open at once; for one more the oldest is closed. Each"
            " takes one of the files that the process may open (often 1024), which the link and the database need too.",
        ),
    ] = 256


class TextSettings(Group):
    """What people are told, and in which language."""

    default_language: Annotated[
        str, Field(description="Language of those whose own is not known, or not among those that there are texts in.")
    ] = "en"
    unspoken_language: Annotated[
        str,
        Field(
            description="A client that says just this has said nothing: servers and clients fill it in without asking."
            " A tag with a country, as en-GB, counts; empty believes all."
        ),
    ] = "en"
    overrides: Annotated[
        dict[str, dict[str, str | tuple[str, ...]]],
        Field(
            description="Texts in your own words: a table for each language, as [texts.overrides.en], with lines as"
            ' welcome = "…". Keys and fields are in livechat_xmpp/locale/livechat_xmpp.pot.'
        ),
    ] = {}

    @model_validator(mode="after")
    def _are_texts(self) -> TextSettings:
        if mistakes := translations.mistakes_in(self.default_language, self.overrides):
            raise ValueError("\n".join(mistakes))
        return self


class LogSettings(Group):
    """What the process writes to its standard error: one line a fact, never people's words or visitors' addresses."""

    level: Annotated[
        str, Field(pattern="^(debug|info|warning|error)$", description="The least that is worth a line.")
    ] = "info"
    format: Annotated[
        str, Field(pattern="^(text|json)$", description="Lines for people, or one JSON object a line for programs.")
    ] = "text"


class LimitSettings(Group):
    """What is refused at the door. Staff are limited per sender only; an address is a page visitor's, or a domain."""

    visitor_requests_per_hour: Annotated[
        int, Field(ge=1, description="Requests of one account; nobody needs help anew twice a minute.")
    ] = 120
    address_requests_per_hour: Annotated[
        int,
        Field(ge=1, description="Requests from one address, a school's or a server's; fewer than fill the queue."),
    ] = 120
    unproven_requests_per_minute: Annotated[
        int,
        Field(
            ge=1,
            description="Requests of an anonymous domain's visitors whose page proves no address; lower it in a flood.",
        ),
    ] = 300
    requests_per_minute: Annotated[
        int, Field(ge=1, description="Requests in all; about what the desk can do without keeping others waiting.")
    ] = 3000
    sender_stanzas_per_minute: Annotated[
        int, Field(ge=1, description="Stanzas of one account to the desk; no client sends as many by itself.")
    ] = 600
    sender_bytes_per_minute: Annotated[
        int, Field(ge=10_000, description="Bytes of one account to the desk; a hundred of the longest questions.")
    ] = 2_000_000
    address_stanzas_per_minute: Annotated[int, Field(ge=1, description="Stanzas from one address to the desk.")] = 6000
    address_bytes_per_minute: Annotated[int, Field(ge=10_000, description="Bytes from one address to the desk.")] = (
        10_000_000
    )
    stanzas_per_minute: Annotated[
        int, Field(ge=1, description="Stanzas of all visitors to the desk; what is left is for rooms and staff.")
    ] = 30_000
    bytes_per_minute: Annotated[int, Field(ge=10_000, description="Bytes of all visitors to the desk.")] = 50_000_000
    remembered: Annotated[
        int, Field(ge=100, description="Accounts and addresses whose count is kept, the last ones; about 1 kB each.")
    ] = 20_000


class FieldSettings(Group):
    """A field of the form that a visitor fills in."""

    name: Annotated[
        str,
        Field(
            pattern="^[a-z][a-z0-9_-]{0,31}$",
            description="What programs call it; username, question and email are known to the desk.",
        ),
    ]
    label: Annotated[
        str,
        Field(max_length=100, description="What people read; those three have one in each visitor's language."),
    ] = ""
    kind: Annotated[forms.Kind, Field(description="text (one line), lines, choice or email.")] = forms.Kind.TEXT
    options: Annotated[
        tuple[str, ...],
        Field(max_length=50, description="What a choice is made of, up to 50: in more nobody finds theirs."),
    ] = ()
    is_required: Annotated[bool, Field(description="Whether it has to be filled in.")] = False
    limit: Annotated[
        int | None,
        Field(ge=1, description="Characters, at most what [visitors] allows; without it what is usual for the kind."),
    ] = None

    def field(self) -> forms.Field:
        return forms.Field(self.name, self.label, self.kind, self.options, self.is_required, self.limit)


class WorkgroupSettings(Group):
    """A public address whose requests go to the helpers on duty."""

    name: Annotated[
        str,
        Field(
            pattern="^[a-z0-9_-]{1,32}$", description="Localpart of its address; Spark rebuilds the address from it."
        ),
    ] = "support"
    title: Annotated[str, Field(min_length=1, max_length=60, description="What people call it.")] = "Support"
    trainee_voice: Annotated[
        str,
        Field(
            pattern="^(free|lent)$",
            description="Whether trainees write in chats as they like, or only when helper or monitor have let them "
            '("!voice NAME"). ejabberd cannot keep them from writing.',
        ),
    ] = "free"
    fields: Annotated[
        tuple[FieldSettings, ...],
        Field(
            max_length=20,
            description="What visitors are asked, in this order, up to 20: a long form keeps people from asking. The"
            " question has to be among them; who writes a message is asked nothing else.",
        ),
    ] = (
        FieldSettings(name=forms.USERNAME, is_required=True),
        FieldSettings(name=forms.QUESTION, kind=forms.Kind.LINES, is_required=True),
        FieldSettings(name=forms.EMAIL, kind=forms.Kind.EMAIL),
    )

    @model_validator(mode="after")
    def _is_a_form(self) -> WorkgroupSettings:
        if mistakes := forms.mistakes_in(self.form()):
            raise ValueError("\n".join(mistakes))
        return self

    def form(self) -> forms.Form:
        return forms.Form(tuple(field.field() for field in self.fields))


class Settings(BaseSettings):
    """The whole configuration."""

    model_config = SettingsConfigDict(
        env_prefix="LIVECHAT_",
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        nested_model_default_partial_update=True,
    )

    xmpp: XmppSettings
    database: DatabaseSettings = DatabaseSettings()
    staff: StaffSettings = StaffSettings()
    visitors: VisitorSettings = VisitorSettings()
    routing: RoutingSettings = RoutingSettings()
    rooms: RoomSettings = RoomSettings()
    desk: DeskSettings = DeskSettings()
    apprenticeship: ApprenticeshipSettings = ApprenticeshipSettings()
    limits: LimitSettings = LimitSettings()
    groups: GroupSettings = GroupSettings()
    web: WebSettings = WebSettings()
    texts: TextSettings = TextSettings()
    log: LogSettings = LogSettings()
    workgroups: tuple[WorkgroupSettings, ...] = (WorkgroupSettings(),)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file, which comes in as arguments."""
        return env_settings, init_settings

    @model_validator(mode="after")
    def _domains_are_apart(self) -> Settings:
        mistakes = []
        if both := set(self.staff.domains) & set(self.visitors.anonymous_domains):
            mistakes.append(f"staff.domains and visitors.anonymous_domains both name {', '.join(sorted(both))}")
        for jid in self.staff.initial:
            if jid.partition("@")[2] not in self.staff.domains:
                mistakes.append(f"staff.initial: the domain of {jid} is not in staff.domains")
        if self.web.enabled and not self.visitors.anonymous_domains:
            mistakes.append("visitors.anonymous_domains: the page needs one; without it, turn web.enabled off")
        names = [w.name for w in self.workgroups]
        if not names or len(set(names)) != len(names):
            mistakes.append("workgroups: at least one, each name once")
        for workgroup in self.workgroups:
            for field in workgroup.fields:
                most = "name_limit" if field.name == forms.USERNAME else "answer_limit"
                if (field.limit or 0) > getattr(self.visitors, most):
                    where = f"workgroups: {workgroup.name}: fields.{field.name}"
                    mistakes.append(f"{where}: limit is above visitors.{most}")
        if mistakes:
            raise ValueError("\n".join(mistakes))
        return self


# Variables of the environment that are about the program and not in the configuration.
OTHER_VARIABLES = ("LIVECHAT_CONFIG", "LIVECHAT_DEMO_PORT_BASE", "LIVECHAT_REQUIRE_ALL")


def load(path: Path | str) -> Settings:
    """Return the settings of the file, overridden by the environment. Raises SettingsError with all mistakes."""
    try:
        with Path(path).open("rb") as file:
            values = tomllib.load(file)
    except OSError as exc:
        raise SettingsError(f"{path}: {exc.strerror or exc}") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise SettingsError(f"{path}: not TOML: {exc}{_advice(str(exc))}") from exc
    mistakes = [f"{name}: unknown setting" for name in _unknown_variables()]
    try:
        settings = Settings(**values)
    except ValidationError as exc:
        mistakes += [f"{path}: {line}" for error in exc.errors() for line in _lines(error)]
    except UnreadableVariable as exc:
        mistakes.append(f"environment: {exc}: lists and tables are written as JSON there")
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    return settings


def _advice(message: str) -> str:
    """Return what may help with a mistake in the file that is easily made; the line itself may hold a secret."""
    if message.startswith("Cannot declare"):
        return ": this table stands further up already, and takes these lines there"
    if message.startswith("Expected '=' after a key"):
        return ": an address stands in quotation marks, before the = as after it"
    return ""


def _unknown_variables() -> list[str]:
    """Return variables of the environment that look like settings of a group that does not exist."""
    ours = sorted(name for name in os.environ if name.upper().startswith("LIVECHAT_"))
    groups = {name: name[len("LIVECHAT_") :].partition("__")[0].lower() for name in ours}
    return [n for n, group in groups.items() if group not in Settings.model_fields and n not in OTHER_VARIABLES]


def _lines(error: Any) -> list[str]:
    """Return one mistake, or those of several settings together, a line each; never with a value in it."""
    message = "unknown setting" if error["type"] == "extra_forbidden" else str(error["msg"])
    lines = message.removeprefix("Value error, ").split("\n")
    where = ".".join(str(part) for part in error["loc"])
    return [f"{where}: {line}" if where else line for line in lines]


def example(**values: Any) -> str:
    """Return a livechat.toml with every setting, its description and its default.

    values: settings to give instead of the default, by dotted name with "__" for the dot
    (xmpp__secret="..."); these are written out, defaults are comments.
    """
    lines = ["# The configuration of livechat_xmpp. What is commented out shows the default.", ""]
    for name, info in Settings.model_fields.items():
        group = _group_type(info)
        is_list = get_origin(info.annotation) is tuple
        lines += [f"# {(group.__doc__ or '').strip().splitlines()[0]}", f"[[{name}]]" if is_list else f"[{name}]"]
        tables: list[str] = []
        for key, field in group.model_fields.items():
            given = values.get(f"{name}__{key}")
            default = None if field.is_required() else field.default
            value = default if given is None else given
            if isinstance(value, dict):
                tables += ["", f"# {field.description}", f"[{name}.{key}]"]
                tables += [f"{json.dumps(k)} = {_toml(v)}" for k, v in value.items()]
                continue
            if isinstance(value, tuple) and value and isinstance(value[0], Group):
                tables += _list_of_tables(f"{name}.{key}", field, value)
                continue
            is_shown = given is not None or field.is_required() or is_list
            lines.append(f"# {field.description}")
            lines.append(f"{'' if is_shown else '# '}{key} = {_toml('change me' if value is None else value)}")
        lines += [*tables, ""]
    return "\n".join(lines)


def _list_of_tables(name: str, info: FieldInfo, tables: tuple[Group, ...]) -> list[str]:
    """Return a list of tables inside of a group, as comments: its settings, and the default."""
    lines = ["", f"# {info.description}"]
    lines += [f"#   {key}: {field.description}" for key, field in type(tables[0]).model_fields.items()]
    for table in tables:
        given = table.model_dump(mode="json", exclude_defaults=True)
        lines += [f"# [[{name}]]", *(f"# {key} = {_toml(value)}" for key, value in given.items())]
    return lines


def _group_type(info: FieldInfo) -> type[Group]:
    annotation: Any = info.annotation
    if get_origin(annotation) in (tuple, Union, types.UnionType):
        annotation = get_args(annotation)[0]
    group: type[Group] = annotation
    return group


def _toml(value: Any) -> str:
    """Return a value as TOML writes it; strings and lists of them are written alike in JSON."""
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, Path):
        value = str(value)
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


if __name__ == "__main__":  # python -m livechat_xmpp.settings > config/livechat.example.toml
    sys.stdout.write(example())
