"""From watching to being a helper: what is counted, who is asked, who decides, and what stays on record."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from livechat_xmpp.domain.apprenticeship import Progress, TrainingRules, credits
from livechat_xmpp.domain.errors import BadInput, NotFound, NotPermitted
from livechat_xmpp.domain.learning import Entered
from livechat_xmpp.domain.model import (
    Availability,
    BareJid,
    ChatId,
    Disposition,
    DutyRole,
    FullJid,
    Message,
    Part,
    RoomState,
    Standing,
    Visit,
    bare,
)
from livechat_xmpp.usecases import audit as record
from livechat_xmpp.usecases import (
    chats,
    deciding,
    offers,
    recruiting,
    rooms,
    signup,
    staff,
    stuck,
    training,
    transcripts,
    visits,
)
from livechat_xmpp.usecases.ports import Entry, Work
from livechat_xmpp.usecases.stuck import Move, Why
from livechat_xmpp.usecases.transcripts import Heard
from tests.contract.asked import about, asked
from tests.contract.story import RULES, Story
from tests.factories import SUPPORT, VISITOR, jid

RULES = replace(
    RULES, policy="p1", training=TrainingRules(said_needed=1, watched_needed=2, helped_needed=1, endorsers_needed=2)
)
COMMON: Mapping[str, Any] = {"workgroup": SUPPORT, "rules": RULES}


@pytest_asyncio.fixture
async def desk(story: Story) -> Story:
    """As in other stories; uli is a trainee too, and only ana takes requests."""
    story.desk = replace(story.desk, rules=RULES)
    story.seen[jid("ben")] = Availability.OFFLINE
    await story.desk.do(staff.set_initial, {jid("uli"): Standing.TRAINEE}, story.desk.rules)
    return story


async def chat_with(story: Story, *inside: str, said: Mapping[str, str] | None = None) -> ChatId:
    """Have a chat lived to its end: ana answers, the visitor and these people are inside, each says something."""
    chat_id = await story.in_progress()
    with story.store.reading() as work:
        standings = {a.jid: a.standing for a in work.accounts.list()}
    stays = [Visit(bare(VISITOR), "Vera", Part.VISITOR, story.watch.now())]
    for name in ("ana", *inside):
        part = Part.HELPER if name == "ana" else Part(standings[jid(name)].value)
        stays.append(Visit(jid(name), name, part, story.watch.now(), standing=standings[jid(name)]))
    await story.desk.do(rooms.record, chat_id, [Entered(v) for v in stays], presences=story.seen, rules=RULES)
    words = said or {"Vera": "Hello?", "ana": "Hello.", **dict.fromkeys(inside, "Look there."), "Vera ": "Thank you."}
    for number, (nick, body) in enumerate(words.items()):
        story.watch.tick(10)
        who = bare(VISITOR) if nick.strip() == "Vera" else jid(nick)
        heard = Heard(story.watch.now(), nick.strip(), body, jid=who, archive_id=f"{chat_id}-{number}")
        await story.desk.do(transcripts.record_heard, {chat_id: [heard]})
    await story.desk.do(visits.leave, VISITOR, story.desk.rules)
    await story.desk.do(rooms.mark_room, chat_id, RoomState.GONE, RULES)
    return chat_id


async def progress(story: Story, name: str = "tom") -> Progress:
    def read(work: Work) -> Progress:
        account = work.accounts.find(jid(name))
        assert account is not None
        return training.progress_of(work, [account])[account.jid]

    return await story.desk.ask(read)


async def told(story: Story) -> dict[str, list[str]]:
    """Take the letters that wait: by the name of who gets them."""
    with story.store.writing() as work:
        found: dict[str, list[str]] = {}
        for letter in work.letters.take_due(work.now, 500):
            found.setdefault(letter.to.partition("@")[0], []).append(letter.body)
        return found


async def endorse(story: Story, by: str, comment: str = "", trainee: str = "tom") -> None:
    def both(work: Work) -> None:
        account, done = training.endorse(work, trainee, comment, by=jid(by), **COMMON)
        if done is not None:
            deciding.begin_if_endorsed(work, account, done, **COMMON)

    await story.desk.do(both)


when = datetime.fromisoformat


async def audit(story: Story) -> list[Entry]:
    return await story.desk.ask(record.list_audit, "", limit=100)


# --- what counts


async def test_a_chat_counts_once(desk: Story) -> None:
    """AP-3"""
    chat_id = await chat_with(desk, "tom", "mia")
    assert await progress(desk) == Progress(1, 1)
    await desk.desk.do(rooms.mark_room, chat_id, RoomState.GONE, RULES)
    assert await progress(desk) == Progress(1, 1)


async def test_who_says_nothing_has_watched(desk: Story) -> None:
    """AP-3"""
    await chat_with(desk, "tom", "mia", said={"Vera": "Hello?", "ana": "Hello."})
    assert await progress(desk) == Progress(1, 0)


async def test_a_trainee_sees_what_the_latest_chat_counted_for(desk: Story) -> None:
    """AP-3"""
    assert (await desk.desk.ask(staff.my_status, jid("tom"))).last is None
    await chat_with(desk, "tom", "mia")
    first = (await desk.desk.ask(staff.my_status, jid("tom"))).last
    assert first is not None
    assert (first.watched, first.helped, first.said) == (True, True, 1)
    assert first.seconds > 0
    await chat_with(desk, "tom", "mia", said={"Vera": "Hello?", "ana": "Hello."})
    latest = (await desk.desk.ask(staff.my_status, jid("tom"))).last
    assert latest is not None
    assert (latest.watched, latest.helped, latest.said) == (True, False, 0)
    assert (await desk.desk.ask(staff.my_status, jid("ana"))).last is None, "only trainees count"


async def test_a_chat_that_was_not_served_counts_for_nobody(desk: Story) -> None:
    """AP-3"""
    chat_id = await desk.in_progress()
    stays = [Visit(jid(n), n, Part(s.value), desk.watch.now(), standing=s) for n, s in TRAINEE_AND_MONITOR.items()]
    await desk.desk.do(rooms.record, chat_id, [Entered(v) for v in stays], presences=desk.seen, rules=RULES)
    desk.watch.tick(60)
    await desk.desk.do(visits.leave, VISITOR, desk.desk.rules)
    await desk.desk.do(rooms.mark_room, chat_id, RoomState.GONE, RULES)
    assert await progress(desk) == Progress(0, 0)


TRAINEE_AND_MONITOR = {"tom": Standing.TRAINEE, "mia": Standing.MONITOR}


async def test_who_becomes_a_monitor_in_the_room_counts_from_then_on(desk: Story) -> None:
    """AP-3, AP-7"""
    chat_id = await desk.in_progress()
    since = desk.watch.now()
    people = {"tom": Standing.TRAINEE, "ana": Standing.HELPER}
    parts = {"tom": Part.TRAINEE, "ana": Part.HELPER}
    stays = [Visit(bare(VISITOR), "Vera", Part.VISITOR, since)]
    stays += [Visit(jid(n), n, parts[n], since, standing=s) for n, s in people.items()]
    await desk.desk.do(rooms.record, chat_id, [Entered(v) for v in stays], presences=desk.seen, rules=RULES)
    desk.watch.tick(10)
    await desk.change("ana", to=Standing.MONITOR)
    desk.watch.tick(30)
    await desk.desk.do(visits.leave, VISITOR, desk.desk.rules)
    await desk.desk.do(rooms.mark_room, chat_id, RoomState.GONE, RULES)
    assert await progress(desk) == Progress(1, 0)
    kept = await desk.desk.ask(transcripts.export, chat_id)
    assert [p["standing"] for p in kept["people"] if p["nick"] == "ana"] == ["helper", "monitor"]


async def test_worked_out_anew_from_what_is_exported_it_comes_out_the_same(desk: Story) -> None:
    """AP-3: the transcript is all that is needed"""
    chats = [
        await chat_with(desk, "tom", "mia"),
        await chat_with(desk, "tom", "uli", "mia", said={"Vera": "?", "ana": "!"}),
    ]
    for chat_id in chats:
        kept = await desk.desk.ask(transcripts.export, chat_id)
        stays = [
            Visit(
                BareJid(p["jid"]),
                p["nick"],
                Part.VISITOR if p["standing"] is None else Part(p["standing"]),
                when(p["entered_at"]),
                when(p["left_at"]),
                None if p["standing"] is None else Standing(p["standing"]),
            )
            for p in kept["people"]
        ]
        words = [
            Message(when(m["at"]), m["nick"], BareJid(m["jid"]), Part(m["role"]), m["kind"], m["body"])
            for m in kept["messages"]
        ]
        span = (when(kept["opened_at"]), when(kept["closed_at"]))
        with desk.store.reading() as work:
            chat = work.chats.find(chat_id)
            assert chat is not None
            counted = training.credits_of(work, chat, work.visits.list(chat_id), RULES)
        assert [replace(c, seconds=0) for c in credits(stays, words, span, RULES.training)] == [
            replace(c, seconds=0) for c in counted
        ]
        assert counted


async def test_those_who_were_there_are_asked_once_a_day(desk: Story) -> None:
    """AP-4"""
    await chat_with(desk, "tom", "mia")
    asked = await told(desk)
    assert {name for name, said in asked.items() if any("endorse tom" in one for one in said)} == {"ana", "mia"}
    await chat_with(desk, "tom", "mia")
    assert "endorse tom" not in str(await told(desk))
    desk.watch.tick(24 * 3600)
    await endorse(desk, "ana")
    await chat_with(desk, "tom", "mia")
    asked = await told(desk)
    assert {name for name, said in asked.items() if any("endorse tom" in one for one in said)} == {"mia"}


# --- endorsing


async def test_an_endorsement_is_kept_and_told(desk: Story) -> None:
    """AP-4"""
    chat_id = await chat_with(desk, "tom", "mia")
    await endorse(desk, "ana", "Calm and right.")
    (given,) = (await progress(desk)).endorsements
    assert (given.by, given.chat_id, given.comment) == (jid("ana"), chat_id, "Calm and right.")
    assert any("ana@localhost says that you are ready" in one for one in (await told(desk))["tom"])
    entry = (await audit(desk))[0]
    assert (entry.kind, entry.by, entry.jid, entry.reason, entry.policy) == (
        "endorsed",
        jid("ana"),
        jid("tom"),
        "Calm and right.",
        "p1",
    )


@pytest.mark.parametrize(
    ("by", "whom", "kind"),
    [
        pytest.param("ben", "tom", NotFound, id="who was not there"),
        pytest.param("uli", "tom", NotPermitted, id="another trainee"),
        pytest.param("tom", "tom", NotPermitted, id="oneself"),
        pytest.param("ana", "mia", NotFound, id="who is no trainee"),
        pytest.param("ana", "nobody", NotFound, id="nobody"),
        pytest.param("ana", bare(VISITOR), NotFound, id="the visitor"),
    ],
)
async def test_who_cannot_endorse_whom(desk: Story, by: str, whom: str, kind: type[Exception]) -> None:
    """AP-4, PR-3"""
    await chat_with(desk, "tom", "uli", "mia")
    with pytest.raises(kind):
        await endorse(desk, by, trainee=whom)
    assert (await progress(desk)).endorsements == ()


async def test_one_word_of_each_at_a_time_and_it_can_be_taken_back(desk: Story) -> None:
    """AP-4"""
    await chat_with(desk, "tom", "mia")
    await endorse(desk, "ana")
    with pytest.raises(BadInput, match="already"):
        await endorse(desk, "ana", "")
    await desk.desk.do(training.withdraw, "tom", by=jid("ana"), rules=RULES)
    assert (await progress(desk)).endorsements == ()
    with pytest.raises(BadInput):
        await desk.desk.do(training.withdraw, "tom", by=jid("ana"), rules=RULES)
    await endorse(desk, "ana", "again")
    assert [e.comment for e in (await progress(desk)).endorsements] == ["again"]
    assert [e.kind for e in await audit(desk)][:3] == ["endorsed", "endorsement withdrawn", "endorsed"]


async def test_whom_one_has_endorsed_is_read_without_what_others_have_said(desk: Story) -> None:
    await chat_with(desk, "tom", "uli", "mia")
    for by, trainee in (("ana", "tom"), ("mia", "tom"), ("mia", "uli")):
        await endorse(desk, by, trainee=trainee)
    with asked(desk.store) as statements:
        assert await desk.desk.ask(training.endorsed_by, jid("mia")) == [jid("tom"), jid("uli")]
    (question,) = about("endorsement", statements)
    assert re.search(r"WHERE endorsement\.\W?by\W? = ", question), question
    await desk.change("uli", to=Standing.HELPER)
    await desk.desk.do(training.withdraw, "tom", by=jid("ana"), rules=RULES)
    assert await desk.desk.ask(training.endorsed_by, jid("mia")) == [jid("tom")]
    assert await desk.desk.ask(training.endorsed_by, jid("ana")) == []


async def test_the_word_of_who_may_not_endorse_any_more_does_not_count(desk: Story) -> None:
    """AP-4"""
    await chat_with(desk, "tom", "mia")
    await endorse(desk, "ana")
    await desk.change("ana", to=Standing.TRAINEE, up=False)
    assert (await progress(desk)).endorsements == ()


async def test_who_becomes_a_trainee_anew_begins_anew(desk: Story) -> None:
    """AP-4: what spoke for them before has been answered"""
    await chat_with(desk, "tom", "mia")
    await endorse(desk, "ana")
    await desk.change("tom", to=Standing.HELPER)
    desk.watch.tick(1)
    await desk.change("tom", to=Standing.TRAINEE, up=False)
    assert (await progress(desk)).endorsements == ()
    await endorse(desk, "ana", "once more")
    assert [e.comment for e in (await progress(desk)).endorsements] == ["once more"]


async def test_who_leaves_and_comes_back_can_be_endorsed_anew(desk: Story) -> None:
    """AP-4"""
    await chat_with(desk, "tom", "mia")
    await endorse(desk, "ana")
    await desk.desk.do(signup.leave_staff, jid("tom"), workgroup=SUPPORT, rules=RULES)
    assert await desk.desk.do(signup.sign_up_ready, jid("tom"), rules=RULES)
    assert (await progress(desk)).endorsements == ()
    await endorse(desk, "ana")
    assert len((await progress(desk)).endorsements) == 1


async def test_a_break_leaves_what_was_said_for_a_trainee(desk: Story) -> None:
    """AP-4, AP-7"""
    await chat_with(desk, "tom", "mia")
    await endorse(desk, "ana")
    await desk.change("tom", to=Standing.INACTIVE, up=False)
    desk.watch.tick(1)
    await desk.change("tom", to=Standing.TRAINEE)
    assert len((await progress(desk)).endorsements) == 1


async def test_only_those_whom_one_met_can_be_chosen_to_endorse(desk: Story) -> None:
    """AP-4"""
    await chat_with(desk, "tom", "mia")
    assert await desk.desk.ask(training.endorsable_by, jid("mia")) == [jid("tom")]
    assert await desk.desk.ask(training.endorsable_by, jid("ada")) == []


async def test_a_ring_that_endorses_each_other_gets_no_further_than_the_admins(desk: Story) -> None:
    """AP-4: neither promoted, nor counted twice, however often and in whatever circle"""
    await desk.change("ben", to=Standing.HELPER)
    await chat_with(desk, "tom", "uli", "mia")
    for _ in range(3):
        for by in ("ana", "mia"):
            for trainee in ("tom", "uli"):
                await endorse(desk, by, trainee=trainee)
        for one, other in (("tom", "uli"), ("uli", "tom")):
            with pytest.raises(NotPermitted):
                await endorse(desk, one, trainee=other)
        for by in ("ana", "mia"):
            for trainee in ("tom", "uli"):
                await desk.desk.do(training.withdraw, trainee, by=jid(by), rules=RULES)
        desk.watch.tick(24 * 3600)
    await endorse(desk, "ana")
    assert {(await desk.standings())[name] for name in ("tom", "uli")} == {Standing.TRAINEE}
    assert len((await progress(desk)).endorsements) == 1
    assert await desk.desk.ask(lambda work: work.applications.list()) == []


# --- the clock


async def endorsed_enough(desk: Story) -> None:
    await chat_with(desk, "tom", "mia")
    await endorse(desk, "ana", "Calm.")
    desk.watch.tick(24 * 3600)
    await told(desk)
    await endorse(desk, "mia")


async def ring(desk: Story) -> datetime | None:
    return await desk.desk.do(deciding.ring, SUPPORT, rules=RULES)


async def test_enough_endorsements_start_the_clock_and_all_admins_are_told(desk: Story) -> None:
    """AP-5"""
    await desk.change("eve@localhost", to=Standing.ADMIN)
    await endorsed_enough(desk)
    asked = await told(desk)
    for admin in ("ada", "eve"):
        (said,) = [one for one in asked[admin] if "may be ready" in one]
        assert 'ana@localhost ("Calm."), mia@localhost' in said
        assert '"promote tom@localhost helper"' in said
    assert any("asked whether you become a helper" in one for one in asked["tom"])
    assert await ring(desk) == desk.watch.now() + timedelta(hours=18)


async def test_the_clock_rings_at_18_hours_and_at_24(desk: Story) -> None:
    """AP-5"""
    await endorsed_enough(desk)
    await told(desk)
    desk.watch.tick(18 * 3600 - 1)
    await ring(desk)
    assert await told(desk) == {}
    desk.watch.tick(1)
    assert await ring(desk) == desk.watch.now() + timedelta(hours=6)
    said = await told(desk)
    assert set(said) == {"ada"}
    assert "still waits for a decision" in said["ada"][0]
    await ring(desk)
    assert await told(desk) == {}
    desk.watch.tick(6 * 3600)
    assert await ring(desk) is None
    said = await told(desk)
    assert "overdue" in said["ada"][0]
    assert "We are sorry" in said["tom"][0]
    await ring(desk)
    assert await told(desk) == {}


async def test_a_clock_that_nobody_looked_at_rings_once(desk: Story) -> None:
    """AP-5: the desk was down the whole day"""
    await endorsed_enough(desk)
    await told(desk)
    desk.watch.tick(48 * 3600)
    assert await ring(desk) is None
    assert {name: len(said) for name, said in (await told(desk)).items()} == {"ada": 1, "tom": 1}


async def test_a_helper_may_ask_for_a_decision(desk: Story) -> None:
    """AP-5"""
    await chat_with(desk, "tom", "mia")
    await told(desk)
    with pytest.raises(NotFound):
        await desk.desk.do(deciding.ask_for_decision, "tom", "", by=jid("ben"), **COMMON)
    with pytest.raises(NotPermitted):
        await desk.desk.do(deciding.ask_for_decision, "tom", "", by=jid("uli"), **COMMON)
    await desk.desk.do(deciding.ask_for_decision, "tom", "We need him.", by=jid("ana"), **COMMON)
    (said,) = (await told(desk))["ada"]
    assert '(ana@localhost asks "We need him.")' in said
    with pytest.raises(BadInput, match="open already"):
        await desk.desk.do(deciding.ask_for_decision, "tom", "", by=jid("mia"), **COMMON)


# --- the decision


async def test_promotion_ends_the_clock_and_is_made_known(desk: Story) -> None:
    """AP-6, AP-7"""
    await endorsed_enough(desk)
    await told(desk)
    await desk.change("tom", to=Standing.HELPER)
    said = await told(desk)
    assert "tom, whom you endorsed, is a helper now." in str(said["ana"])
    assert re.fullmatch(r"20\d\d-\d\d-\d\d: tom has become a helper\. Welcome!", said["contributors"][0])
    assert "You are a helper now" in str(said["tom"])
    assert await ring(desk) is None
    entry = next(e for e in await audit(desk) if e.kind == "standing")
    assert (entry.old, entry.new, entry.by, entry.reason, entry.policy) == (
        Standing.TRAINEE,
        Standing.HELPER,
        jid("ada"),
        "because",
        "p1",
    )
    assert entry.evidence["watched"] == 1
    assert [e["by"] for e in entry.evidence["endorsements"]] == [jid("ana"), jid("mia")]


async def test_refusing_says_why_and_what_is_missing(desk: Story) -> None:
    """AP-6"""
    await endorsed_enough(desk)
    await told(desk)
    with pytest.raises(BadInput, match="say why"):
        await desk.desk.do(deciding.refuse, ["tom"], "", by=jid("ada"), **COMMON)
    with pytest.raises(NotPermitted):
        await desk.desk.do(deciding.refuse, ["tom"], "No.", by=jid("mia"), **COMMON)
    with pytest.raises(BadInput, match="uli"):
        await desk.desk.do(deciding.refuse, ["tom", "uli"], "No.", by=jid("ada"), **COMMON)
    await desk.desk.do(deciding.refuse, ["tom"], "A little more.", by=jid("ada"), **COMMON)
    (said,) = (await told(desk))["tom"]
    assert 'ada@localhost writes: "A little more." Still missing: 1 chat to watch.' in said
    assert (await desk.standings())["tom"] is Standing.TRAINEE
    assert (await audit(desk))[0].kind == "refused"
    with pytest.raises(BadInput):
        await desk.desk.do(deciding.refuse, ["tom"], "Again.", by=jid("ada"), **COMMON)


async def test_a_reason_added_later_is_no_new_endorsement(desk: Story) -> None:
    """AP-4: it starts no clock again that an admin has ended"""
    await endorsed_enough(desk)
    await desk.desk.do(deciding.refuse, ["tom"], "A little more.", by=jid("ada"), **COMMON)
    await told(desk)
    await endorse(desk, "mia", "Patient.")
    said = await told(desk)
    assert said == {"tom": ['mia@localhost adds why you are ready to help by yourself: "Patient."']}
    assert {e.by: e.comment for e in (await progress(desk)).endorsements} == {
        jid("ana"): "Calm.",
        jid("mia"): "Patient.",
    }
    entry = (await audit(desk))[0]
    assert (entry.kind, entry.jid, entry.by, entry.reason) == (
        "endorsement explained",
        jid("tom"),
        jid("mia"),
        "Patient.",
    )
    for again in ("", "Quick, too."):
        with pytest.raises(BadInput, match="already"):
            await endorse(desk, "mia", again)


async def test_two_admins_at_once_decide_once(desk: Story) -> None:
    """AP-6: one promotes while the other refuses"""
    await desk.change("eve@localhost", to=Standing.ADMIN)
    await endorsed_enough(desk)
    await told(desk)
    results = await asyncio.gather(
        desk.change("tom", to=Standing.HELPER),
        desk.desk.do(deciding.refuse, ["tom"], "No.", by=jid("eve"), **COMMON),
        desk.change("tom", to=Standing.HELPER, by="eve"),
        return_exceptions=True,
    )
    decided = [e for e in await audit(desk) if e.jid == jid("tom") and e.kind in ("standing", "refused")]
    refused = [e for e in decided if e.kind == "refused"]
    assert len([e for e in decided if e.new is Standing.HELPER]) == 1
    assert isinstance(results[1], BadInput) or len(refused) == 1
    assert (await desk.standings())["tom"] is Standing.HELPER


async def test_where_two_have_to_agree_one_is_not_enough(desk: Story) -> None:
    """AP-6"""
    two = replace(RULES, training=replace(RULES.training, approvals_needed=2))
    await desk.change("eve@localhost", to=Standing.ADMIN)
    desk.desk = replace(desk.desk, rules=two)
    common: dict[str, Any] = {"is_promotion": True, "reason": "", "workgroup": SUPPORT, "rules": two}
    first = await desk.desk.do(staff.change_standings, ["tom@localhost"], Standing.HELPER, by=jid("ada"), **common)
    assert (first.people, len(first.pending)) == ((), 1)
    assert (await desk.standings())["tom"] is Standing.TRAINEE
    assert "1 of 2" in str((await told(desk))["eve"])
    with pytest.raises(BadInput, match="already"):
        await desk.desk.do(staff.change_standings, ["tom@localhost"], Standing.HELPER, by=jid("ada"), **common)
    second = await desk.desk.do(staff.change_standings, ["tom@localhost"], Standing.HELPER, by=jid("eve"), **common)
    assert second.people == (jid("tom"),)
    assert (await desk.standings())["tom"] is Standing.HELPER
    assert [e.kind for e in await audit(desk) if e.jid == jid("tom")][:2] == ["standing", "agreed"]


async def test_where_two_have_to_agree_there_is_no_way_round_it(desk: Story) -> None:
    """AP-6: not for a stranger, not by a break, not by agreeing on less than what is given"""
    await desk.change("ben", to=Standing.INACTIVE, up=False)
    await desk.change("tom", to=Standing.INACTIVE, up=False)
    desk.desk = replace(desk.desk, rules=replace(RULES, training=replace(RULES.training, approvals_needed=2)))
    for who, standing in (("tom", Standing.HELPER), ("new@localhost", Standing.HELPER), ("ben", Standing.ADMIN)):
        with pytest.raises(BadInput, match=r"Make .* a trainee first"):
            await desk.change(who, to=standing)
    with pytest.raises(BadInput, match="Promote them to that first"):
        await desk.change("uli", to=Standing.MONITOR)
    assert await desk.change("ben", to=Standing.HELPER) == [jid("ben")], "a helper before the break"
    assert await desk.change("tom", to=Standing.TRAINEE) == [jid("tom")]
    assert (await desk.standings())["uli"] is Standing.TRAINEE


async def test_nobody_is_promoted_to_a_break(desk: Story) -> None:
    for who in ("tom", "new@localhost"):
        with pytest.raises(BadInput, match="by demote"):
            await desk.change(who, to=Standing.INACTIVE)


async def test_a_break_takes_everything_but_the_place(desk: Story) -> None:
    """AP-7"""
    await desk.change("ana", to=Standing.INACTIVE, up=False)
    with desk.store.reading() as work:
        assert work.duties.find(jid("ana")) is None
    with pytest.raises(NotPermitted, match="break"):
        await desk.desk.do(staff.go_on_duty, jid("ana"), role=None, rules=RULES)
    await desk.change("ana", to=Standing.HELPER)
    duty = await desk.desk.do(staff.go_on_duty, jid("ana"), role=None, rules=RULES)
    assert duty.role is DutyRole.HELPER


# --- lists


async def test_helpers_see_those_they_were_with_and_admins_all(desk: Story) -> None:
    """AP-6, PR-3"""
    await chat_with(desk, "tom", "mia")

    async def seen_by(name: str) -> list[str]:
        lines = await desk.desk.ask(deciding.list_trainees, by=jid(name))
        return [training.short(line.account.jid) for line in lines]

    assert await seen_by("ana") == ["tom"]
    assert await seen_by("ben") == []
    assert await seen_by("ada") == ["tom", "uli"]
    with pytest.raises(NotPermitted):
        await seen_by("tom")
    await desk.desk.do(deciding.ask_for_decision, "uli", "", by=jid("ada"), **COMMON)
    assert await seen_by("ada") == ["uli", "tom"]


async def move(desk: Story, wanted: Move, *accounts: str, by: str = "ada") -> list[BareJid]:
    people = await desk.desk.ask(stuck.whom_to_move, wanted, accounts, by=jid(by), rules=RULES)
    return await desk.desk.do(stuck.move, wanted, people, by=jid(by), **COMMON)


async def test_who_is_stuck_and_what_moves_them(desk: Story) -> None:
    """AP-8"""
    await desk.desk.do(staff.set_initial, {jid("pia"): Standing.TRAINEE}, desk.desk.rules)
    for _ in range(2):
        await chat_with(desk, "tom", "mia")
    await chat_with(desk, "uli", "mia")
    await endorse(desk, "ana", trainee="uli")
    await desk.desk.do(deciding.ask_for_decision, "uli", "", by=jid("ana"), **COMMON)
    assert await desk.desk.ask(stuck.list_stuck, rules=RULES) == []
    desk.watch.tick(3 * 24 * 3600)
    found = await desk.desk.ask(stuck.list_stuck, rules=RULES)
    assert [(training.short(s.account.jid), s.why, s.command) for s in found] == [
        ("uli", Why.NEVER_DECIDED, "promote uli@localhost helper"),
        ("tom", Why.NEVER_ENDORSED, "ask-endorsers tom@localhost"),
        ("pia", Why.NEVER_INVITED, "nudge pia@localhost"),
    ]
    await told(desk)
    assert await move(desk, Move.NUDGE) == [jid("pia")]
    assert await move(desk, Move.ASK_ENDORSERS, "tom") == [jid("tom")]
    said = await told(desk)
    assert 'Write "ready"' in said["pia"][0]
    assert all("endorse tom" in said[name][0] for name in ("ana", "mia"))
    with pytest.raises(NotPermitted):
        await move(desk, Move.NUDGE, by="mia")
    with pytest.raises(NotPermitted):
        await desk.desk.do(stuck.move, Move.NUDGE, [jid("pia")], by=jid("mia"), **COMMON)
    with pytest.raises(BadInput):
        await move(desk, Move.NUDGE, "nobody")
    await desk.change("pia", to=Standing.HELPER)
    assert await desk.desk.do(stuck.move, Move.NUDGE, [jid("pia")], by=jid("ada"), **COMMON) == []


async def test_who_was_endorsed_and_no_further_is_stuck_too(desk: Story) -> None:
    """AP-8: both words on one day where two days are asked for start no clock, and cannot be given again"""
    await chat_with(desk, "tom", "mia")
    for by in ("ana", "mia"):
        await endorse(desk, by)
    assert [a.trainee for a in await desk.desk.ask(lambda work: work.applications.list())] == []
    desk.watch.tick(3 * 24 * 3600)
    found = {s.account.jid: s for s in await desk.desk.ask(stuck.list_stuck, rules=RULES)}
    assert (found[jid("tom")].why, found[jid("tom")].command) == (Why.LEFT_WAITING, "decide tom@localhost")
    await desk.desk.do(deciding.ask_for_decision, "tom", "", by=jid("ada"), **COMMON)
    assert jid("tom") not in {s.account.jid for s in await desk.desk.ask(stuck.list_stuck, rules=RULES)}


async def test_the_list_of_the_day_comes_once_a_day(desk: Story) -> None:
    """AP-6, AP-8"""

    async def day() -> datetime:
        today = await desk.desk.ask(stuck.today, rules=RULES)
        if today.is_due:
            await desk.desk.do(stuck.tell_today, today, SUPPORT, rules=RULES)
            await desk.desk.do(stuck.tell_today, today, SUPPORT, rules=RULES)  # once all the same
        return today.next_at

    await desk.change("eve@localhost", to=Standing.ADMIN)
    await told(desk)
    next_at = await day()
    assert next_at.hour == 7
    assert desk.watch.now() < next_at <= desk.watch.now() + timedelta(days=1)
    assert await told(desk) == {}, "the desk is new"
    desk.watch.tick(4 * 24 * 3600)
    await day()
    said = await told(desk)
    assert "nudge tom@localhost" in said["ada"][0]
    assert said["ada"] == said["eve"]
    assert "active" not in said["ada"][0]
    await day()
    assert await told(desk) == {}
    desk.watch.tick(5 * 24 * 3600)
    await day()
    assert "No admin was active in the last 7 days." in str((await told(desk))["ada"])


async def test_the_audit_is_given_out_whole(desk: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """AP-7"""
    monkeypatch.setattr(record, "PAGE", 2)

    def keep(work: Work) -> None:
        for version in ("p1", "p1", "p2"):
            work.policies.put(version, {"apprenticeship": {"watched_needed": 2}}, work.now)

    await desk.desk.do(keep)
    await desk.change("tom", to=Standing.HELPER)
    given = await desk.desk.ask(record.export)
    assert set(given["policies"]) == {"p1", "p2"}
    assert given["policies"]["p1"]["settings"]["apprenticeship"]["watched_needed"] == 2
    numbers = [entry["number"] for entry in given["entries"]]
    assert numbers == sorted(set(numbers))
    last = given["entries"][-1]
    assert (last["jid"], last["old"], last["new"], last["by"]) == (
        "tom@localhost",
        "trainee",
        "helper",
        "ada@localhost",
    )
    assert (last["by"], last["reason"], last["policy"]) == ("ada@localhost", "because", "p1")
    assert last["evidence"]["watched"] == 0
    assert len(given["entries"]) == 7
    json.dumps(given)


# --- from visitor to trainee


KIM = FullJid("kim@localhost/x")


async def helped(desk: Story, visitor: str = KIM, disposition: Disposition = Disposition.SOLVED) -> None:
    """Have somebody's request taken and closed."""
    chat_id = (await desk.ask(visitor, username="Kim")).chat_id
    await desk.offer(chat_id)
    await desk.desk.do(offers.accept_offer, jid("ana"), rules=desk.desk.rules)
    await desk.desk.do(chats.close_chat, chat_id, by=jid("ana"), disposition=disposition, rules=desk.desk.rules)
    await desk.desk.do(rooms.mark_room, chat_id, RoomState.GONE, RULES)


async def was_asked(desk: Story) -> bool:
    return any("Would you like to help" in one for said in (await told(desk)).values() for one in said)


async def test_who_was_helped_is_asked_once_and_a_yes_is_enough(desk: Story) -> None:
    """AP-9"""
    await helped(desk)
    assert await was_asked(desk)
    assert await desk.desk.ask(recruiting.is_asked, bare(KIM), RULES)
    assert await desk.desk.do(recruiting.answer, bare(KIM), is_yes=True, rules=RULES) is None
    assert (await desk.standings())["kim"] is Standing.TRAINEE
    entry = (await audit(desk))[0]
    assert (entry.jid, entry.by, entry.reason) == (bare(KIM), "asked", "was helped, and said yes to helping others")
    assert not await desk.desk.ask(recruiting.is_asked, bare(KIM), RULES)


async def test_who_was_never_answered_is_not_asked_to_help_others(desk: Story) -> None:
    """AP-9: whatever the one who closed the request calls it"""
    chat_id = (await desk.ask(KIM, username="Kim")).chat_id
    closing = {"by": jid("mia"), "disposition": Disposition.SOLVED, "rules": desk.desk.rules}
    await desk.desk.do(chats.close_chat, chat_id, **closing)
    await desk.desk.do(rooms.mark_room, chat_id, RoomState.GONE, RULES)
    assert not await was_asked(desk)


async def test_a_no_is_remembered(desk: Story) -> None:
    """AP-9"""
    await helped(desk)
    assert await was_asked(desk)
    said = await desk.desk.do(recruiting.answer, bare(KIM), is_yes=False, rules=RULES)
    assert said is not None
    assert "not be asked again" in said.english
    await helped(desk)
    assert not await was_asked(desk)
    assert "kim" not in await desk.standings()


@pytest.mark.parametrize(
    ("visitor", "disposition"),
    [
        pytest.param(VISITOR, Disposition.SOLVED, id="who has no account"),
        pytest.param(FullJid("kim@elsewhere.example/x"), Disposition.SOLVED, id="who has one elsewhere"),
        pytest.param(KIM, Disposition.UNSOLVED, id="who was not helped"),
    ],
)
async def test_who_is_not_asked(desk: Story, visitor: FullJid, disposition: Disposition) -> None:
    """AP-9"""
    await helped(desk, visitor, disposition)
    assert not await was_asked(desk)


async def test_who_was_on_the_staff_before_is_not_asked(desk: Story) -> None:
    """AP-9: they know the way, or were sent away"""
    await desk.desk.do(staff.set_initial, {bare(KIM): Standing.TRAINEE}, desk.desk.rules)
    await desk.desk.do(signup.leave_staff, bare(KIM), workgroup=SUPPORT, rules=RULES)
    await helped(desk)
    assert not await was_asked(desk)


async def test_an_answer_while_they_wait_for_help_again_is_none(desk: Story) -> None:
    """AP-9, IN-2: what they write then belongs to their question"""
    await helped(desk)
    await desk.ask(KIM, username="Kim")
    assert not await desk.desk.ask(recruiting.is_asked, bare(KIM), RULES)


async def test_a_yes_after_a_long_time_answers_something_else(desk: Story) -> None:
    """AP-9"""
    await helped(desk)
    desk.watch.tick(RULES.training.lasting.total_seconds() + 1)
    assert not await desk.desk.ask(recruiting.is_asked, bare(KIM), RULES)


async def test_who_has_left_is_not_brought_back_by_the_settings(desk: Story) -> None:
    """AP-7"""
    await desk.desk.do(signup.leave_staff, jid("tom"), workgroup=SUPPORT, rules=RULES)
    await desk.desk.do(staff.set_initial, {jid("tom"): Standing.TRAINEE}, desk.desk.rules)
    assert "tom" not in await desk.standings()
    assert next(entry.policy for entry in await audit(desk) if entry.jid == jid("tom")) == RULES.policy
