"""How an account becomes a trainee: what is a setting about it, and by which ways it may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

WELCOME_EXPIRY = timedelta(days=7)  # a welcome is of use for long; and who waits for a link to be told it, waits


class Source(StrEnum):
    """By what way somebody came to sign up; the audit names it."""

    SERVER = "server"
    LIST = "server-list"
    REGISTRATION = "registration"
    READY = "ready"
    CONTRIBUTORS = "contributors"
    ASKED = "asked"

    @property
    def is_own_wish(self) -> bool:
        """Return whether they have asked for just this, so that it also brings back who has left by themselves."""
        return self in (Source.REGISTRATION, Source.READY, Source.ASKED)


REASONS = {
    Source.SERVER: "the server told of a new account",
    Source.LIST: "new on the server's list of accounts",
    Source.REGISTRATION: "registered with the desk",
    Source.READY: 'wrote "ready"',
    Source.CONTRIBUTORS: "entered the contributors' room",
    Source.ASKED: "was helped, and said yes to helping others",
}


@dataclass(frozen=True, slots=True)
class SignUpRules:
    """Settings, described there. guide_url: "" where there is no guide."""

    guide_url: str = ""
    welcomes_per_hour: int = 60
    new_accounts: bool = True
    existing_accounts: bool = False
