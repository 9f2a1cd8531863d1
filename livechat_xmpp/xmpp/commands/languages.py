"""The command by which one chooses one's language."""

from __future__ import annotations

from collections.abc import Sequence

from livechat_xmpp.domain.errors import BadInput
from livechat_xmpp.domain.wording import languages as texts
from livechat_xmpp.usecases import languages
from livechat_xmpp.xmpp.commands.command import Answer, Asked, Commands, Done, Field, Form
from livechat_xmpp.xmpp.commands.duty import is_staff

commands = Commands()

AS_CLIENT = "client"


@commands.command("set-language", texts.SET_LANGUAGE, is_for=is_staff)
async def set_language(asked: Asked) -> Answer:
    """Ask for a language, or for the client's to be used, and answer in it."""
    if asked.form is None:
        return await _form(asked)
    try:
        tag = _chosen(asked)
    except BadInput as refusal:
        return await _form(asked, asked.say(refusal.why))
    catalogue = asked.desk.rules.catalogue
    if tag == AS_CLIENT:
        tag = await asked.desk.do(languages.follow_client, asked.who, asked.desk.rules)
        return Done(catalogue.say(texts.AS_CLIENT_NOW, tag))
    await asked.desk.do(languages.choose, asked.who, tag)
    return Done(catalogue.say(texts.CHOSEN, tag, language=catalogue.languages[tag]))


def _options(asked: Asked) -> Sequence[tuple[str, str]]:
    return [(AS_CLIENT, asked.say(texts.AS_CLIENT)), *asked.desk.rules.catalogue.languages.items()]


async def _form(asked: Asked, note: str = "") -> Form:
    chosen = await asked.desk.ask(languages.chosen, asked.who)
    field = Field("language", asked.say(texts.LANGUAGE), "list-single", chosen or AS_CLIENT, _options(asked))
    return Form(asked.say(texts.SET_LANGUAGE), [field], note=note)


def _chosen(asked: Asked) -> str:
    """Return the option that was named by its tag or its label. Raises BadInput."""
    wanted = asked.text("language").lower()
    for tag, label in _options(asked):
        if wanted in (tag.lower(), label.lower()):
            return tag
    raise BadInput(texts.UNKNOWN.of(languages=tuple(asked.desk.rules.catalogue.languages)))
