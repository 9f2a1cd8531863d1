"""Who may change whose standing, and which duty roles a standing allows."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from livechat_xmpp.domain.errors import BadInput, NotPermitted
from livechat_xmpp.domain.model import BareJid, DutyRole, Standing
from livechat_xmpp.domain.wording import accounts as words
from livechat_xmpp.domain.wording.duty import STANDINGS

ROLES: Mapping[Standing, tuple[DutyRole, ...]] = {
    Standing.INACTIVE: (),
    Standing.TRAINEE: (DutyRole.TRAINEE,),
    Standing.HELPER: (DutyRole.HELPER, DutyRole.ADVISOR, DutyRole.ANCHOR),
    Standing.MONITOR: (DutyRole.HELPER, DutyRole.ADVISOR, DutyRole.ANCHOR, DutyRole.MONITOR),
    Standing.ADMIN: (DutyRole.HELPER, DutyRole.ADVISOR, DutyRole.ANCHOR, DutyRole.MONITOR),
}


def check_promotion(jid: BareJid, old: Standing | None, new: Standing) -> bool:
    """Return whether there is anything to change. Raises BadInput when it would be a step down, or a break."""
    if new is Standing.INACTIVE and old is not new:
        raise BadInput(f"{jid} cannot be promoted to a break. Who is on the staff takes one by demote.")
    if old is not None and old.rank > new.rank:
        raise BadInput(words.LESS_NOT_MORE.of(jid=jid, old=STANDINGS[old], new=STANDINGS[new]))
    return old is not new


def check_demotion(jid: BareJid, old: Standing | None, new: Standing, *, admins: Collection[BareJid]) -> bool:
    """Return whether there is anything to change. Raises BadInput when it would be a step up, or for a
    stranger; NotPermitted when the last admin would go.
    """
    if old is None:
        raise BadInput(words.NO_ROLE.of(jid=jid))
    if old.rank < new.rank:
        raise BadInput(words.MORE_NOT_LESS.of(jid=jid, old=STANDINGS[old], new=STANDINGS[new]))
    if old is Standing.ADMIN and new is not Standing.ADMIN and set(admins) <= {jid}:
        raise NotPermitted(words.LAST_ADMIN.of(jid=jid))
    return old is not new
