"""From refusals and bugs to stanza errors, in one table."""

from __future__ import annotations

import contextlib
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from slixmpp import Iq
from slixmpp.exceptions import XMPPError
from slixmpp.stanza.error import Error
from slixmpp.types import ErrorConditions
from slixmpp.xmlstream import ET

from livechat_xmpp.domain import errors
from livechat_xmpp.domain.wording import Sayable
from livechat_xmpp.domain.wording import forms as words
from livechat_xmpp.reconcile.ports import LinkTrouble
from livechat_xmpp.usecases.ports import StoreTrouble

log = logging.getLogger(__name__)

Say: TypeAlias = Callable[[Sayable], str]  # in the language of who is answered

# XEP-0142 §3.2.1.1 (Openfire only sends service-unavailable). The type follows from RFC 6120 §8.3.3.
CONDITIONS: Mapping[type[errors.DeskError], ErrorConditions] = {
    errors.NotPermitted: "forbidden",
    errors.NotFound: "item-not-found",
    errors.BadInput: "not-acceptable",
    errors.AlreadyQueued: "conflict",
    errors.QueueClosed: "service-unavailable",
    errors.StaffAsking: "not-allowed",
    errors.TooOften: "policy-violation",
}
TYPES: Mapping[str, str] = {
    "forbidden": "auth",
    "item-not-found": "cancel",
    "not-acceptable": "modify",
    "conflict": "cancel",
    "service-unavailable": "cancel",
    "not-allowed": "cancel",
    "policy-violation": "wait",
    "bad-request": "modify",
    "feature-not-implemented": "cancel",
    "resource-constraint": "wait",
    "internal-server-error": "cancel",
}


def register() -> None:
    """Make the conditions known to slixmpp that it has not; may be repeated.

    COMPAT slixmpp 1.17.0: it has no policy-violation (RFC 6120 §8.3.3.12), and writes another instead of what it
    does not know.
    """
    Error.conditions |= set(TYPES)


def stanza_error(refusal: errors.DeskError, say: Say) -> XMPPError:
    """Return the stanza error for a refusal."""
    condition = CONDITIONS[type(refusal)]
    return XMPPError(condition, text=say(refusal.why), etype=TYPES[condition])


def report_bug(what: str) -> str:
    """Log the exception being handled, once, and return the id that the asker sees instead."""
    error_id = uuid.uuid4().hex[:8]
    log.exception(what, extra={"error_id": error_id})
    return error_id


async def answer(iq: Iq, handler: Callable[[Iq], Awaitable[Any]], say: Say) -> None:
    """Answer an IQ with what the handler returns, or with the error that its exception stands for.

    A Desk refusal becomes its condition, a bug internal-server-error without details. Without a link
    there is nobody to answer.
    """
    try:
        try:
            reply = await handler(iq)
        except errors.DeskError as refusal:
            raise stanza_error(refusal, say) from refusal
        except StoreTrouble as trouble:
            log.warning("the database does not answer", extra={"trouble": str(trouble)})
            raise XMPPError("resource-constraint", text=say(words.NOT_POSSIBLE_NOW), etype="wait") from trouble
        except (XMPPError, LinkTrouble):
            raise
        except Exception as bug:
            error_id = report_bug("stanza handler failed")
            raise XMPPError("internal-server-error", text=f"error {error_id}", etype="cancel") from bug
    except LinkTrouble:
        return
    except XMPPError as error:
        reply = _failed(iq, error)
    with contextlib.suppress(LinkTrouble):
        if not iq.stream.fits(reply):
            too_long = XMPPError("resource-constraint", text=say(words.ANSWER_TOO_LONG), etype="cancel")
            reply = _failed(iq, too_long)
        reply.send()


def _failed(iq: Iq, error: XMPPError) -> Iq:
    """Return the error answer, without a copy of what was asked: it may be what made it too long."""
    reply = iq.reply(clear=True)
    reply["error"]["condition"] = error.condition
    reply["error"]["type"] = error.etype
    if error.text:
        reply["error"]["text"] = error.text
    if error.extension is not None:
        reply["error"].append(ET.Element(f"{{{error.extension_ns}}}{error.extension}"))
    return reply


def refuse_flood(stanza: Any, say: Say) -> None:
    """Answer a stanza that is not looked at, because too many of the same sender wait already."""
    refuse(stanza, "resource-constraint", say(words.TOO_MUCH_AT_ONCE))


def refuse_for_now(stanza: Any, say: Say) -> None:
    """Answer a stanza that could not be taken, because the database did not take it."""
    refuse(stanza, "resource-constraint", say(words.NOT_POSSIBLE_NOW))


def refuse_excess(stanza: Any, say: Say) -> None:
    """Answer a stanza that is not looked at, because too much has come from the same sender or place."""
    refuse(stanza, "policy-violation", say(words.TOO_MUCH))


def refuse(stanza: Any, condition: ErrorConditions, text: str) -> None:
    """Answer a stanza with an error, without a copy of it."""
    reply = stanza.reply()
    reply["id"] = stanza["id"]  # a message's reply would have its own: nobody knew what was refused (RFC 6120 §8.1.3)
    reply["type"] = "error"
    reply["error"]["condition"] = condition
    reply["error"]["type"] = TYPES[condition]
    reply["error"]["text"] = text
    with contextlib.suppress(LinkTrouble):
        reply.send()
