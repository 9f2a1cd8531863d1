"""Signing up and being welcomed, on each database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from livechat_xmpp.domain.errors import BadInput, NotFound, NotPermitted
from livechat_xmpp.domain.model import BareJid, DutyRole, Invitation, Part, Standing
from livechat_xmpp.domain.signup import SignUpRules, Source
from livechat_xmpp.usecases import signup, staff, welcome
from livechat_xmpp.usecases.desk import DeskRules
from livechat_xmpp.usecases.ports import Entry, Letter
from tests.contract.story import RULES, Story
from tests.factories import SUPPORT, jid

UNA = jid("una")
GUIDED = replace(RULES, sign_up=SignUpRules(guide_url="https://example.org/guide"))


async def signs_up(story: Story, who: str = "una", source: Source = Source.SERVER) -> bool:
    return await story.desk.do(signup.sign_up, jid(who), source=source, rules=RULES)


def entries(story: Story, who: BareJid = UNA) -> list[Entry]:
    """Return what the audit has about a person, oldest first."""
    with story.store.reading() as work:
        return [entry for _, entry in reversed(work.audit.list(who, limit=100))]


async def welcomes(story: Story, per_hour: int = 60) -> list[Letter]:
    """Have those welcomed who wait for it; return the letters."""
    rules = replace(GUIDED, sign_up=replace(GUIDED.sign_up, welcomes_per_hour=per_hour))
    story.looked_at = await story.desk.do(welcome.welcome_waiting, SUPPORT, rules)
    with story.store.writing() as work:
        return work.letters.take_due(work.now, 1000)


async def leaves(story: Story, who: BareJid = UNA) -> None:
    await story.desk.do(signup.leave_staff, who, workgroup=SUPPORT, rules=RULES)


@pytest.mark.parametrize("source", Source)
async def test_a_newcomer_is_a_trainee_at_once_off_duty_and_on_record(story: Story, source: Source) -> None:
    story.woken.parts.clear()
    assert await signs_up(story, source=source)
    assert (await story.standings())["una"] is Standing.TRAINEE
    (entry,) = entries(story)
    assert (entry.kind, entry.by, entry.old, entry.new) == ("standing", source.value, None, Standing.TRAINEE)
    assert entry.reason
    assert "staff" in story.woken.parts
    with story.store.reading() as work:
        assert work.duties.find(UNA) is None


@pytest.mark.parametrize(
    "who",
    [
        pytest.param("v1@anon.localhost", id="an anonymous visitor"),
        pytest.param("una@elsewhere.example", id="an account of another domain"),
        pytest.param("localhost", id="a domain"),
        pytest.param("Una@localhost", id="an address that is not in its one form"),
    ],
)
async def test_who_may_not_belong_to_the_staff_does_not_sign_up(story: Story, who: str) -> None:
    assert not await story.desk.do(signup.sign_up, BareJid(who), source=Source.READY, rules=RULES)
    assert entries(story, BareJid(who)) == []


@pytest.mark.parametrize("who", ["ada", "mia", "ana", "tom"])
async def test_who_has_a_standing_keeps_it(story: Story, who: str) -> None:
    before = (await story.standings())[who]
    assert not await signs_up(story, who, Source.REGISTRATION)
    assert (await story.standings())[who] is before
    assert len(entries(story, jid(who))) == 1


async def test_all_ways_together_make_one_trainee_and_one_welcome(story: Story) -> None:
    assert [await signs_up(story, source=source) for source in Source].count(True) == 1
    assert [letter.kind for letter in await welcomes(story)] == ["welcome", "contributors"]
    assert await welcomes(story) == []


async def test_who_is_ready_already_is_not_told_to_say_so(story: Story) -> None:
    await signs_up(story, source=Source.READY)
    text, _ = await welcomes(story)
    assert "You are on the list" in text.body
    assert 'write "ready"' not in text.body


async def test_the_welcome_says_what_to_do_and_shows_guide_and_room(story: Story) -> None:
    await signs_up(story)
    text, invitation = await welcomes(story)
    for part in ('"ready"', "https://example.org/guide", "xmpp:contributors@conference.localhost?join"):
        assert part in text.body
    assert (text.to, invitation.to) == (UNA, UNA)
    with story.store.reading() as work:
        account = work.accounts.find(UNA)
    assert account is not None
    assert account.welcomed_at == story.watch.now()


async def test_without_guide_and_room_neither_is_spoken_of(story: Story) -> None:
    await signs_up(story)
    await story.desk.do(welcome.welcome_waiting, SUPPORT, replace(RULES, contributors=""))
    with story.store.writing() as work:
        (letter,) = work.letters.take_due(work.now, 10)
    assert "guide" not in letter.body
    assert "room:" not in letter.body


async def test_who_was_added_by_a_helper_is_welcomed_too_and_told_by_whom(story: Story) -> None:
    await story.desk.do(signup.add_account, "una@localhost", by=jid("ana"), workgroup=SUPPORT, rules=RULES)
    text, _ = await welcomes(story)
    assert "ana@localhost has added you" in text.body
    with pytest.raises(BadInput, match="trainee already"):
        await story.desk.do(signup.add_account, "una@localhost", by=jid("ben"), workgroup=SUPPORT, rules=RULES)


async def test_nobody_is_welcomed_whom_the_settings_or_an_admin_made_more(story: Story) -> None:
    await story.change("una@localhost", to=Standing.HELPER)
    await story.change("una@localhost", to=Standing.TRAINEE, up=False)
    await story.letters()
    assert await welcomes(story) == []


async def test_who_left_comes_back_by_asking_for_it_and_by_nothing_else(story: Story) -> None:
    await signs_up(story)
    await welcomes(story)
    await story.desk.do(staff.go_on_duty, UNA, rules=RULES)
    await leaves(story)
    assert "una" not in await story.standings()
    with story.store.reading() as work:
        assert work.duties.find(UNA) is None
    for source in (Source.SERVER, Source.LIST, Source.CONTRIBUTORS):
        assert not await signs_up(story, source=source)
    assert await signs_up(story, source=Source.READY)
    assert [(e.by, e.old, e.new) for e in entries(story)] == [
        ("server", None, "trainee"),
        (UNA, "trainee", None),
        ("ready", None, "trainee"),
    ]
    assert [letter.kind for letter in await welcomes(story)] == ["plain"], "only that they have left, no second welcome"


async def test_who_has_left_is_told_by_whom_they_were_brought_back(story: Story) -> None:
    await signs_up(story)
    await welcomes(story)
    await leaves(story)
    await story.letters()
    await story.desk.do(signup.add_account, UNA, by=jid("ana"), workgroup=SUPPORT, rules=RULES)
    (letter,) = await welcomes(story)
    assert "again: ana@localhost has added you" in letter.body


@pytest.mark.parametrize("source", Source)
async def test_a_break_that_an_admin_has_sent_somebody_on_is_ended_by_an_admin_alone(
    story: Story, source: Source
) -> None:
    """The documentation said that a helper brings them back."""
    await signs_up(story)
    await story.change("una@localhost", to=Standing.INACTIVE, up=False)
    assert not await signs_up(story, source=source)
    await story.desk.do(signup.register, UNA, rules=RULES)
    with pytest.raises(BadInput, match="already"):
        await story.desk.do(signup.add_account, UNA, by=jid("ana"), workgroup=SUPPORT, rules=RULES)
    assert (await story.standings())["una"] is Standing.INACTIVE
    await story.change("una@localhost", to=Standing.TRAINEE)
    assert (await story.standings())["una"] is Standing.TRAINEE


async def test_only_trainees_leave_by_themselves(story: Story) -> None:
    with pytest.raises(NotPermitted, match="only trainees"):
        await leaves(story, jid("ana"))
    with pytest.raises(NotFound):
        await leaves(story, jid("eve"))
    assert (await story.standings())["ana"] is Standing.HELPER


async def test_leaving_gives_back_the_place_in_a_chat(story: Story) -> None:
    await signs_up(story)
    chat_id = await story.in_progress()
    with story.store.writing() as work:
        work.invitations.put(chat_id, Invitation(UNA, Part.TRAINEE))
    story.woken.chats.clear()
    await leaves(story)
    assert (await story.chat(chat_id)).invitation_of(UNA) is None
    assert chat_id in story.woken.chats


async def test_leaving_ends_the_clock_of_a_decision(story: Story) -> None:
    await signs_up(story)
    with story.store.writing() as work:
        work.applications.open(UNA, by=jid("ana"), comment="", at=work.now, decide_by=work.now)
    await leaves(story)
    with story.store.reading() as work:
        assert work.applications.find(UNA) is None


async def test_ready_from_who_waits_for_help_is_an_answer_and_no_sign_up(story: Story) -> None:
    await story.ask("una@localhost/phone")
    assert not await story.desk.do(signup.sign_up_ready, UNA, rules=RULES)
    assert await story.desk.do(signup.sign_up_ready, jid("kim"), rules=RULES)
    assert set(await story.standings()) >= {"kim"}
    assert "una" not in await story.standings()


# --- accounts made anew


async def hears(story: Story, who: str, rules: DeskRules = RULES) -> list[str]:
    """Have the server tell of a new account; return who is told of it."""
    await story.desk.do(signup.take_heard, [(jid(who), Source.SERVER)], workgroup=SUPPORT, rules=rules)
    return [to for to, _ in await story.letters()]


async def was_here(story: Story, who: str) -> None:
    with story.store.writing() as work:
        account = work.accounts.find(jid(who))
        assert account is not None
        work.accounts.put(replace(account, active_at=work.now))


async def test_admins_are_told_once_a_day_of_an_account_with_rights_that_is_new_on_the_server(story: Story) -> None:
    await was_here(story, "ana")
    assert await hears(story, "ana") == [jid("ada")]
    assert await hears(story, "ana") == []
    story.watch.tick(24 * 3600)
    assert await hears(story, "ana") == [jid("ada")]
    assert [entry.kind for entry in entries(story, jid("ana"))] == ["standing", "remade", "remade"]
    assert (await story.standings())["ana"] is Standing.HELPER, "the decision is theirs"


async def test_they_are_told_too_where_new_accounts_do_not_sign_up_by_themselves(story: Story) -> None:
    quiet = replace(RULES, sign_up=replace(RULES.sign_up, new_accounts=False))
    await was_here(story, "ana")
    assert await hears(story, "ana", quiet) == [jid("ada")]
    assert await hears(story, "una", quiet) == []
    assert "una" not in await story.standings()


async def test_nobody_is_told_of_those_who_were_named_before_they_had_an_account_or_have_no_rights(
    story: Story,
) -> None:
    await was_here(story, "tom")
    for who in ("mia", "tom", "una"):
        assert await hears(story, who) == []


# --- floods


async def test_of_many_newcomers_so_many_are_welcomed_in_an_hour_and_the_others_later(story: Story) -> None:
    story.watch.tick(3600)  # tom has his standing from the settings, and counts as welcomed when he got it
    for number in range(7):
        await signs_up(story, f"n{number}")
        story.watch.tick(1)
    first = await welcomes(story, per_hour=3)
    assert [letter.to for letter in first if letter.kind == "welcome"] == [jid(f"n{n}") for n in range(3)]
    assert await welcomes(story, per_hour=3) == []
    assert story.looked_at is not None
    story.watch.tick((story.looked_at - story.watch.now()).total_seconds())
    later = await welcomes(story, per_hour=3)
    assert [letter.to for letter in later if letter.kind == "welcome"] == [jid(f"n{n}") for n in range(3, 6)]


async def test_who_is_on_duty_already_is_welcomed_before_the_flood(story: Story) -> None:
    story.watch.tick(3600)
    for number in range(5):
        await signs_up(story, f"n{number}")
        story.watch.tick(1)
    await signs_up(story, "una", Source.READY)
    await story.desk.do(staff.go_on_duty, UNA, role=DutyRole.TRAINEE, rules=RULES)
    assert [letter.to for letter in await welcomes(story, per_hour=1)] == [UNA, UNA]


async def test_when_nobody_waits_there_is_no_next_moment(story: Story) -> None:
    await welcomes(story)
    assert story.looked_at is None
    for number in range(welcome.AT_ONCE + 1):
        await signs_up(story, f"n{number}")
    await welcomes(story)
    assert story.looked_at == story.watch.now(), "the rest at once"
    await welcomes(story)
    assert story.looked_at is None


# --- the server's list


async def lists(story: Story, *names: str, existing: bool = False) -> int:
    """Have the server's list taken as the reconciler takes it; return how many joined."""
    rules = replace(RULES, sign_up=SignUpRules(existing_accounts=existing))
    known = await story.desk.ask(signup.known_of, "localhost")
    new = sorted({jid(n) for n in names} - (known or set()))
    joined = await story.desk.do(signup.take_listed, new, is_first=known is None, rules=rules)
    await story.desk.do(signup.end_list, "localhost")
    return joined


async def test_accounts_from_before_the_desk_are_recorded_and_those_that_come_later_sign_up(story: Story) -> None:
    assert await lists(story, "ana", "old", "older") == 0
    assert await lists(story, "ana", "old", "older") == 0
    assert await lists(story, "ana", "old", "older", "una") == 1
    assert await lists(story, "ana", "old", "older", "una") == 0
    assert "old" not in await story.standings()
    assert [e.by for e in entries(story)] == ["server-list"]


async def test_also_an_empty_first_list_was_a_first_list(story: Story) -> None:
    assert await lists(story) == 0
    assert await lists(story, "una") == 1


async def test_all_accounts_of_the_first_list_sign_up_where_the_settings_say_so(story: Story) -> None:
    assert await lists(story, "ana", "old", "older", existing=True) == 2


async def test_a_list_that_was_not_taken_to_its_end_is_the_first_still(story: Story) -> None:
    await story.desk.do(signup.take_listed, [jid("old")], is_first=True, rules=RULES)
    assert await story.desk.ask(signup.known_of, "localhost") is None
    assert await lists(story, "old", "older") == 0
    assert await story.desk.ask(signup.known_of, "localhost") == {jid("old"), jid("older")}


async def test_lists_of_several_domains_are_apart(story: Story) -> None:
    await lists(story, "old")
    assert await story.desk.ask(signup.known_of, "ocalhost") is None
    assert await story.desk.ask(signup.known_of, "_ocalhost") is None
