"""Choosing a language."""

from __future__ import annotations

from livechat_xmpp.domain.wording import Text

SET_LANGUAGE = Text("set-language", "Choose my language")
LANGUAGE = Text("language", "Language")
AS_CLIENT = Text("language-as-client", "As my client says")
CHOSEN = Text("language-chosen", "From now on I write to you in {language}.")
AS_CLIENT_NOW = Text("language-as-client-now", "From now on I write to you in the language of your client.")
UNKNOWN = Text("language-unknown", "Please choose one of these languages: {languages}.")
HINT = Text(
    "language-hint",
    'language LANGUAGE: choose the language I write to you in, as "language de"; "language client": as your client'
    " says",
)
