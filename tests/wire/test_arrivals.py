"""New accounts as Prosody and ejabberd tell of them, and the same words by anybody else."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from livechat_xmpp.domain.model import Standing
from livechat_xmpp.domain.signup import Source
from livechat_xmpp.reconcile.newcomers import MOST_HEARD
from livechat_xmpp.usecases.ports import Entry, Work
from tests.factories import jid
from tests.wire.conftest import SUPPORT, Wire

PROSODY = "new-account {jid}"
PROSODY_BY_ITSELF = "User {user} just registered on {host} from 127.0.0.1"
EJABBERD = (
    "[2026-11-21 19:52:32] The account {jid} was registered from IP address 127.0.0.1 on node nonode@nohost"
    " using mod_register."
)


def notice(words: str, account: str = "una@localhost", sender: str = "localhost", **attributes: str) -> str:
    user, _, host = account.partition("@")
    body = words.format(jid=account, user=user, host=host)
    more = " ".join(f"{name}='{value}'" for name, value in {"type": "chat", **attributes}.items())
    return f"<message from='{sender}' to='workgroup.localhost' {more}><body>{body}</body></message>"


async def hears(wire: Wire, *stanzas: str) -> Standing | None:
    """Have them come in, and return what una is then."""
    for stanza in stanzas:
        wire.feed(stanza)
    await wire.settle()
    await wire.component.reconciler.newcomers.look()
    return await wire.component.desk.standing_of(jid("una"))


async def audit(wire: Wire) -> list[Entry]:
    def of_una(work: Work) -> list[Entry]:
        return [entry for _, entry in work.audit.list(jid("una"), limit=10)]

    return await wire.component.desk.ask(of_una)


@pytest.mark.parametrize(
    "stanza",
    [
        pytest.param(notice(PROSODY), id="Prosody, in our words"),
        pytest.param(notice(PROSODY, type="normal"), id="Prosody, not as chat"),
        pytest.param(notice(PROSODY_BY_ITSELF), id="Prosody, in its own words"),
        pytest.param(notice(EJABBERD), id="ejabberd"),
        pytest.param(notice(EJABBERD.replace("127.0.0.1", "2001:db8::7")), id="ejabberd, IPv6"),
    ],
)
async def test_who_makes_an_account_is_a_trainee(wire: Wire, stanza: str) -> None:
    assert await hears(wire, stanza, stanza) is Standing.TRAINEE
    assert [entry.by for entry in await audit(wire)] == ["server"]


FORGED: list[Any] = [
    pytest.param(notice(words, sender=sender), id=f"{server}, from {who}")
    for server, words in (("Prosody", PROSODY), ("ejabberd", EJABBERD))
    for sender, who in (
        ("eve@localhost", "an account"),
        ("eve@localhost/phone", "a client"),
        ("localhost/phone", "a resource of the domain"),
        ("anon.localhost", "the visitors' domain"),
        ("elsewhere.example", "another server"),
        ("conference.localhost", "another component"),
    )
]


@pytest.mark.parametrize(
    "stanza",
    [
        *FORGED,
        pytest.param(notice(PROSODY, "una@elsewhere.example"), id="of another domain"),
        pytest.param(notice(PROSODY, "una@anon.localhost"), id="of a visitor"),
        pytest.param(notice(PROSODY + " and mallory@localhost"), id="with more behind it"),
        pytest.param(notice("Say: " + PROSODY), id="with more before it"),
        pytest.param(notice(PROSODY, "una@localhost/x"), id="of no bare address"),
        pytest.param(notice(EJABBERD.replace("was registered", "was not registered")), id="of nothing new"),
        pytest.param(notice(PROSODY, type="error"), id="sent back"),
        pytest.param(notice("una@localhost"), id="in no words"),
        pytest.param(notice(PROSODY).replace("workgroup.localhost", SUPPORT), id="to a workgroup"),
    ],
)
async def test_what_anybody_can_write_signs_up_nobody(wire: Wire, stanza: str) -> None:
    assert await hears(wire, stanza) is None
    assert await audit(wire) == []
    everybody = await wire.component.desk.ask(lambda work: work.accounts.list())
    assert len(everybody) == 5, "those from the settings"


async def test_a_notice_about_the_staff_changes_nothing(wire: Wire) -> None:
    wire.component.staff_presence.accounts.clear()  # as if it were not known yet
    await hears(wire, notice(PROSODY, "ana@localhost"))
    assert await wire.component.desk.standing_of(jid("ana")) is Standing.HELPER


@pytest.mark.parametrize("is_late", [False, True])
async def test_who_comes_by_themselves_while_the_server_tells_of_them_is_not_missed(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, is_late: bool
) -> None:
    """Where new accounts are not taken by themselves, that of the server hid that somebody had entered the room."""
    newcomers, desk = wire.component.reconciler.newcomers, wire.component.desk
    quiet = replace(desk.rules, sign_up=replace(desk.rules.sign_up, new_accounts=False))
    monkeypatch.setattr(newcomers, "_desk", replace(desk, rules=quiet))
    commit = wire.component.store.write

    async def write(unit: Any) -> Any:
        done = await commit(unit)
        if is_late and await desk.standing_of(jid("una")) is None:
            newcomers.hear(jid("una"), Source.CONTRIBUTORS)
        return done

    monkeypatch.setattr(wire.component.store, "write", write)
    newcomers.hear(jid("una"), Source.SERVER)
    if not is_late:
        newcomers.hear(jid("una"), Source.CONTRIBUTORS)
    await asyncio.wait_for(newcomers.look(), 10)
    assert await desk.standing_of(jid("una")) is Standing.TRAINEE


async def test_a_flood_of_accounts_is_taken_to_its_end_and_nothing_beside_it_waits(wire: Wire) -> None:
    for number in range(1000):
        wire.feed(notice(PROSODY, f"n{number}@localhost"))
    look = asyncio.ensure_future(wire.component.reconciler.newcomers.look())
    assert await wire.component.desk.standing_of(jid("ana")) is Standing.HELPER
    await look
    trainees = await wire.component.desk.ask(lambda work: work.accounts.list(Standing.TRAINEE))
    assert len(trainees) == 1001
    letters = await wire.component.desk.do(lambda work: work.letters.take_due(work.now, 5000))
    per_hour = wire.component.desk.rules.sign_up.welcomes_per_hour
    assert {letter.kind for letter in letters} == {"welcome", "contributors"}, "admins and the room are not told"
    assert len({letter.to for letter in letters}) <= per_hour


async def test_beyond_all_measure_newcomers_are_not_kept_in_memory(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(MOST_HEARD + 5):
        wire.feed(notice(PROSODY, f"n{number}@localhost"))
    assert caplog.text.count("too many newcomers at once") == 1
