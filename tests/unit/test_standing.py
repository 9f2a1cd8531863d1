"""Who may change whose standing."""

from __future__ import annotations

import pytest

from livechat_xmpp.domain.errors import BadInput, DeskError, NotPermitted
from livechat_xmpp.domain.model import DutyRole, Standing
from livechat_xmpp.domain.standing import ROLES, check_demotion, check_promotion
from tests.factories import jid, jids

B, T, H, M, A = Standing.INACTIVE, Standing.TRAINEE, Standing.HELPER, Standing.MONITOR, Standing.ADMIN


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        pytest.param(None, T, True, id="a stranger can be made a trainee"),
        pytest.param(None, A, True, id="and anything else"),
        pytest.param(T, H, True, id="a step up"),
        pytest.param(T, A, True, id="several steps up"),
        pytest.param(H, H, False, id="what they are already changes nothing"),
    ],
)
def test_promoting(old: Standing | None, new: Standing, changes: bool) -> None:
    assert check_promotion(jid("eve"), old, new) is changes


def test_promoting_downwards_is_refused_with_the_name_of_the_other_command() -> None:
    with pytest.raises(BadInput, match="demote"):
        check_promotion(jid("eve"), M, H)


@pytest.mark.parametrize(
    ("old", "new", "admins", "changes"),
    [
        pytest.param(H, T, {"ada"}, True, id="a step down"),
        pytest.param(M, T, {"ada"}, True, id="several steps down"),
        pytest.param(H, H, {"ada"}, False, id="what they are already changes nothing"),
        pytest.param(A, M, {"ada", "eve"}, True, id="an admin, while there is another one"),
        pytest.param(A, A, {"eve"}, False, id="the last admin to admin changes nothing"),
    ],
)
def test_demoting(old: Standing, new: Standing, admins: set[str], changes: bool) -> None:
    assert check_demotion(jid("eve"), old, new, admins=jids(*admins)) is changes


@pytest.mark.parametrize(
    ("old", "new", "kind", "words"),
    [
        pytest.param(None, T, BadInput, "promote", id="a stranger has nothing to take away"),
        pytest.param(T, M, BadInput, "promote", id="upwards is refused with the name of the other command"),
        pytest.param(A, M, NotPermitted, "last admin", id="the last admin stays"),
    ],
)
def test_demoting_is_refused(old: Standing | None, new: Standing, kind: type[DeskError], words: str) -> None:
    with pytest.raises(kind, match=words):
        check_demotion(jid("eve"), old, new, admins=jids("eve"))


@pytest.mark.parametrize("standing", Standing)
@pytest.mark.parametrize("least", Standing)
def test_each_standing_may_do_what_those_below_may(standing: Standing, least: Standing) -> None:
    order = [B, T, H, M, A]
    assert standing.reaches(least) is (order.index(standing) >= order.index(least))


@pytest.mark.parametrize(
    ("standing", "roles"),
    [
        pytest.param(B, set(), id="who takes a break does nothing"),
        pytest.param(T, {"trainee"}, id="a trainee only watches"),
        pytest.param(H, {"helper", "advisor", "anchor"}, id="a helper does not monitor"),
        pytest.param(M, {"helper", "advisor", "anchor", "monitor"}, id="a monitor may be anything but a trainee"),
        pytest.param(A, {"helper", "advisor", "anchor", "monitor"}, id="an admin too"),
    ],
)
def test_what_a_standing_may_be_on_duty_as(standing: Standing, roles: set[str]) -> None:
    assert set(ROLES[standing]) == {DutyRole(r) for r in roles}
