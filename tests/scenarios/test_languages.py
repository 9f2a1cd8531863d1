"""In whose language, and in whose words: people are told things as their client says, or as they have chosen."""

from __future__ import annotations

import pytest

from livechat_xmpp.domain.model import BareJid, Standing
from livechat_xmpp.domain.wording import accounts, duty, forms, languages, signup, visitors, words
from livechat_xmpp.domain.wording.staff import new_standing
from livechat_xmpp.translations import Translations
from tests.people import StanzaError
from tests.scenarios.stage import Stage

TEXTS = Translations()


def told(stage: Stage, standing: Standing, language: str) -> str:
    """Return what somebody is told whom ada gives a standing."""
    return TEXTS.say(new_standing(standing, BareJid(stage.ada.bare), ""), language)


async def gives(stage: Stage, jid: str, standing: str) -> None:
    assert (await stage.ada.command("promote", accounts=[jid], standing=standing)).is_completed


async def test_people_are_told_things_in_the_language_of_their_client(stage: Stage) -> None:
    """RU-6"""
    tom, una = await stage.person("tom"), await stage.person("una")
    tom.language, una.language = "de-AT", "fr"
    for person in (tom, una):
        await person.presence(to=stage.workgroup)
    await stage.settled()
    for person, language in ((tom, "de"), (una, "en")):
        await gives(stage, person.bare, "trainee")
        await person.receives(told(stage, Standing.TRAINEE, language))
    await stage.restart_component()
    await gives(stage, tom.bare, "helper")
    await tom.receives(told(stage, Standing.HELPER, "de"))


async def test_the_client_that_one_writes_with_decides(stage: Stage) -> None:
    """RU-6"""
    tom = await stage.staff("tom", "trainee", on_duty=False)
    tom.language = "de"
    await tom.say(stage.workgroup, "language klingon")
    await tom.receives(TEXTS.say(languages.UNKNOWN, "de", languages=("en", "de")))
    tom.language = "fr"
    await tom.presence("away")
    await stage.settled()
    await gives(stage, tom.bare, "helper")
    await tom.receives(told(stage, Standing.HELPER, "de"))
    tom.language = "en"
    await tom.command("my-status")
    await gives(stage, tom.bare, "monitor")
    await tom.receives(told(stage, Standing.MONITOR, "en"))


async def test_who_has_chosen_a_language_is_told_things_in_it(stage: Stage) -> None:
    """RU-6"""
    tom = await stage.staff("tom", "trainee", on_duty=False)
    tom.language = "de"
    shown = await tom.command("set-language")
    field = shown.form_fields["language"]
    assert (field.options, field.value) == (("client", "en", "de"), "client")
    done = await tom.command("set-language", language="en")
    assert done.info == "From now on I write to you in English."
    await tom.command("my-status")
    await gives(stage, tom.bare, "helper")
    await tom.receives(told(stage, Standing.HELPER, "en"))
    await tom.say(stage.workgroup, "language client")
    await tom.receives(TEXTS.say(languages.AS_CLIENT_NOW, "de"))
    await gives(stage, tom.bare, "monitor")
    await tom.receives(told(stage, Standing.MONITOR, "de"))


async def test_a_visitor_has_no_language_to_choose(stage: Stage) -> None:
    """RU-6"""
    vic = await stage.visitor()
    assert "set-language" not in await vic.commands()


async def test_lists_of_commands_are_in_the_readers_language(stage: Stage) -> None:
    """RU-6"""
    tom = await stage.staff("tom", "trainee", on_duty=False)
    assert (await tom.commands())["set-language"] == "Choose my language"
    tom.language = "de"
    await tom.command("my-status")
    assert (await tom.commands())["set-language"] == "Meine Sprache wählen"


@pytest.mark.desk(
    LIVECHAT_TEXTS__OVERRIDES='{"de": {"now-trainee": "Servus!"}, "en": {"now-trainee": "Howdy!"}}',
    LIVECHAT_TEXTS__DEFAULT_LANGUAGE="de",
)
async def test_admins_put_texts_in_other_words(stage: Stage) -> None:
    """RU-6"""
    tom, una = await stage.person("tom"), await stage.person("una")
    una.language = "en-GB"
    await una.presence(to=stage.workgroup)
    await stage.settled()
    await gives(stage, tom.bare, "trainee")
    await tom.receives("Servus!")
    await gives(stage, una.bare, "trainee")
    await una.receives("Howdy!")


async def test_a_newcomer_is_welcomed_in_the_language_that_they_wrote_in(stage: Stage) -> None:
    """RU-6, AP-1"""
    una = await stage.person("una")
    una.language = "de"
    await una.say(stage.workgroup, "ready")
    await una.receives(TEXTS.say(signup.WELCOME, "de"))
    await una.receives(TEXTS.say(duty.ON_THE_LIST, "de"))
    assert (await una.command("my-status")).title == "Mein Stand"
    await una.say(stage.workgroup, "Hilfe")
    await una.receives(TEXTS.say(words.OFF, "de"))


async def test_refusals_are_in_the_askers_language(stage: Stage) -> None:
    """RU-6"""
    tom = await stage.staff("tom", "trainee", on_duty=False)
    tom.language = "de"
    await tom.say(stage.workgroup, "promote tom@localhost helper")
    await tom.receives("Mit deiner Rolle geht das nicht.")
    await tom.say(stage.workgroup, "endorse nobody")
    await tom.receives(TEXTS.say(words.NOT_FOR_YOU, "de"))


async def test_all_refusals_of_accounts_are_in_the_askers_language(stage: Stage) -> None:
    """RU-6, also where there are several"""
    stage.ada.language = "de"
    result = await stage.ada.command("promote", accounts=["una@elsewhere.org", "nobody at all"], standing="helper")
    no_address = TEXTS.say(accounts.NO_ADDRESS, "de", text="nobody at all")
    assert result.error == f"{TEXTS.say(accounts.NOT_OF_THE_TEAM, 'de', domain='elsewhere.org')}\n{no_address}"


async def test_a_visitor_is_told_everything_in_the_language_of_their_client(stage: Stage) -> None:
    """RU-6"""
    vic = await stage.visitor()
    vic.language = "de"
    await vic.say(stage.workgroup, "Wie drucke ich diese Seite?")
    await vic.receives(TEXTS.say(visitors.CLOSED_NOW, "de"))
    ana = await stage.staff("ana")
    await vic.say(stage.workgroup, "Wie drucke ich diese Seite?")
    told = await vic.receives(TEXTS.say(visitors.NEXT, "de"))
    assert TEXTS.say(visitors.STAY_ONLINE, "de") in told.body
    offered = await ana.receives("asks for help:")
    room = offered.body.rpartition("xmpp:")[2].removesuffix("?join")
    await ana.enter(room)
    await vic.receives(TEXTS.say(visitors.come_in(room), "de"))
    await vic.enter(room)
    await vic.sees(room, TEXTS.say(visitors.IN_THE_ROOM, "de"))
    await ana.speak(room, "!close solved")
    await vic.receives(TEXTS.say(visitors.CHAT_ENDED, "de"))


async def test_staff_close_chats_in_the_words_of_their_language(stage: Stage) -> None:
    """RU-6, TE-4"""
    ana = await stage.staff("ana")
    chat = await stage.chat(ana)
    ana.language = "de"
    await ana.say(stage.workgroup, "hilfe")
    await ana.receives("Du kannst schreiben:")
    await ana.speak(chat.room, "!schließen glücklich")
    told = await ana.receives("glücklich steht nicht zur Wahl.")
    assert "!schließen (!close) [gelöst" in told.body, "as it is written in a room"
    await ana.speak(chat.room, "!schließen gelöst druck")
    kept = await stage.ended(chat.id)
    assert kept["disposition"] == "solved"


async def test_stanzas_are_refused_in_the_language_of_the_asker(stage: Stage) -> None:
    """RU-6"""
    tom = await stage.staff("tom", "trainee", on_duty=False)
    tom.language = "de"
    with pytest.raises(StanzaError) as refused:
        await tom.command("ask-for-help", at=stage.workgroup)
    assert "Du gehörst hier zum Team." in refused.value.text
    with pytest.raises(StanzaError) as refused:
        await tom.command("no-such-thing")
    assert refused.value.text == TEXTS.say(forms.NO_COMMAND, "de")
