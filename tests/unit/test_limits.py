"""How much is taken: buckets, whose they are, passes, and where a web request comes from."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from xml.etree import ElementTree as ET

import pytest
from aiohttp.test_utils import make_mocked_request

from livechat_xmpp.domain.errors import TooOften
from livechat_xmpp.domain.model import BareJid
from livechat_xmpp.web.clients import Clients, read_address
from livechat_xmpp.xmpp.limits import HOUR, MINUTE, Buckets, Limits, Rules, size_of
from livechat_xmpp.xmpp.passes import PASS_LIFE, Passes
from tests.factories import NOW

ANON = "anon.localhost"
RULES = Rules(own_domains={"localhost"}, anonymous_domains={ANON})
VERA, VIC, ANA = BareJid(f"v1@{ANON}"), BareJid(f"v2@{ANON}"), BareJid("ana@localhost")
HOME, OFFICE = ip_address("203.0.113.5"), ip_address("198.51.100.7")
STANZA = ET.fromstring("<message><body>hi</body></message>")


class Watch:
    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        return self.moment


class Door:
    """Limits with a clock that is set, and the passes that they know."""

    def __init__(self, **rules: int) -> None:
        self.watch = Watch()
        self.passes = Passes("secret", self.watch.now)
        self.limits = Limits(replace(RULES, **rules), self.passes, self.watch.now, is_staff=lambda jid: jid == ANA)

    def later(self, length: timedelta) -> None:
        self.watch.moment += length

    def takes_stanzas(self, sender: str, at_most: int = 1000) -> int:
        """Return how many stanzas are taken now, one after the other."""
        return next((n for n in range(at_most) if not self.limits.take_stanza(BareJid(sender), STANZA)), at_most)

    def takes_request(self, visitor: str, proof: str = "") -> bool:
        try:
            self.limits.take_request(BareJid(visitor), proof)
        except TooOften:
            return False
        return True


# --- buckets


def test_a_bucket_gives_what_it_holds_and_fills_again() -> None:
    buckets = Buckets(10, MINUTE, remembered=9)
    assert buckets.left("a", 0) == 10
    buckets.take("a", 10, 0)
    assert (buckets.left("a", 0), buckets.left("b", 0)) == (0, 10)
    assert buckets.left("a", 30) == pytest.approx(5)
    assert buckets.left("a", 3600) == 10


def test_a_clock_that_steps_back_fills_nothing_and_does_no_harm() -> None:
    buckets = Buckets(10, MINUTE, remembered=9)
    buckets.take("a", 6, 1000)
    assert buckets.left("a", 400) == 4
    buckets.take("a", 1, 400)
    assert buckets.left("a", 406) == pytest.approx(4)


def test_what_is_given_back_does_not_overflow() -> None:
    buckets = Buckets(10, MINUTE, remembered=9)
    buckets.take("a", 3, 0)
    buckets.take("a", -5, 0)
    assert buckets.left("a", 0) == 10


def test_only_so_many_are_remembered_the_last_used() -> None:
    buckets = Buckets(10, MINUTE, remembered=2)
    for key in ("a", "b", "a", "c"):
        buckets.take(key, 1, 0)
    assert len(buckets) == 2
    assert [buckets.left(key, 0) for key in "abc"] == [8, 10, 9]


# --- stanzas and bytes


def test_one_sender_is_limited_and_others_are_not() -> None:
    door = Door(sender_stanzas_per_minute=3)
    assert door.takes_stanzas(VERA) == 3
    assert door.takes_stanzas(VIC) == 3
    door.later(MINUTE / 3)
    assert door.takes_stanzas(VERA) == 1
    assert door.limits.refused == {"stanzas of sender": 3}


def test_a_foreign_domain_is_one_address() -> None:
    door = Door(address_stanzas_per_minute=3)
    assert [door.takes_stanzas(f"{name}@example.net", 2) for name in ("a", "b", "c")] == [2, 1, 0]
    assert door.takes_stanzas("d@example.org", 2) == 2
    assert door.takes_stanzas("example.net") == 0


def test_accounts_of_our_own_server_have_no_address() -> None:
    door = Door(address_stanzas_per_minute=1)
    assert [door.takes_stanzas(f"{name}@localhost", 5) for name in "abc"] == [5, 5, 5]
    assert door.takes_stanzas(VERA, 5) == 5


def test_page_visitors_of_one_network_are_one_address() -> None:
    door = Door(address_stanzas_per_minute=3)
    for visitor, place in ((VERA, HOME), (VIC, HOME), (f"v3@{ANON}", OFFICE)):
        assert door.takes_request(visitor, door.passes.issue(place))
    assert [door.takes_stanzas(visitor, 2) for visitor in (VERA, VIC, f"v3@{ANON}")] == [2, 1, 2]


def test_all_visitors_together_are_limited_and_staff_go_on() -> None:
    door = Door(stanzas_per_minute=3)
    assert [door.takes_stanzas(f"v{n}@{ANON}", 2) for n in range(3)] == [2, 1, 0]
    assert door.takes_stanzas(ANA, 500) == 500


def test_staff_are_limited_too_each_for_themself() -> None:
    """Anybody with an account is a trainee within seconds, and could send as much as they liked."""
    door = Door(sender_stanzas_per_minute=3, stanzas_per_minute=2)
    assert door.takes_stanzas(ANA) == 3
    assert door.limits.refused == {"stanzas of sender": 1}
    assert door.takes_stanzas(VERA) == 2, "nothing is taken from what visitors have"


def test_bytes_count_and_nothing_is_taken_of_what_is_refused() -> None:
    door = Door(sender_bytes_per_minute=10_000, sender_stanzas_per_minute=3)
    big = ET.fromstring(f"<message><body>{'x' * 9_000}</body></message>")
    assert door.limits.take_stanza(VERA, big)
    assert not door.limits.take_stanza(VERA, big)
    assert door.takes_stanzas(VERA) == 2
    assert door.limits.refused == {"bytes of sender": 1, "stanzas of sender": 1}


@pytest.mark.parametrize("xml", ["<a/>", "<a b='c'>text<d/>tail</a>", "<a xmlns='urn:x'><b><c>x</c></b></a>"])
def test_the_size_is_about_that_of_the_text(xml: str) -> None:
    assert size_of(ET.fromstring(xml)) == pytest.approx(len(xml), abs=25)


def test_deep_nesting_is_measured_too() -> None:
    assert size_of(ET.fromstring("<a>" * 30_000 + "</a>" * 30_000)) == 30_000


def test_even_refusals_have_an_end() -> None:
    door = Door(sender_stanzas_per_minute=3)
    assert [door.limits.take_refusal(VERA) for _ in range(4)] == [True, True, True, False]
    assert door.limits.take_refusal(VIC)


# --- requests


def test_one_visitor_asks_only_so_often() -> None:
    door = Door(visitor_requests_per_hour=2)
    assert [door.takes_request(ANA) for _ in range(3)] == [True, True, False]
    door.later(HOUR / 2)
    assert [door.takes_request(ANA) for _ in range(2)] == [True, False]


def test_a_request_that_was_refused_for_something_else_does_not_count() -> None:
    door = Door(visitor_requests_per_hour=1, address_requests_per_hour=1, requests_per_minute=1)
    assert door.takes_request("a@example.net")
    door.limits.give_back_request(BareJid("a@example.net"))
    assert [door.takes_request("a@example.net") for _ in range(2)] == [True, False]


def test_a_new_login_of_the_same_network_is_the_same_address() -> None:
    door = Door(address_requests_per_hour=2)
    asked = [door.takes_request(f"v{n}@{ANON}", door.passes.issue(HOME)) for n in range(3)]
    assert asked == [True, True, False]
    assert door.takes_request(f"v9@{ANON}", door.passes.issue(OFFICE))


def test_without_a_pass_anonymous_visitors_share_a_limit_and_others_do_not_suffer() -> None:
    door = Door(unproven_requests_per_minute=2)
    assert [door.takes_request(f"v{n}@{ANON}") for n in range(3)] == [True, True, False]
    assert door.takes_request(f"v7@{ANON}", door.passes.issue(HOME))
    assert door.takes_request("sam@localhost")
    assert not door.takes_request(f"v8@{ANON}", "made-up")


def test_all_requests_together_are_limited() -> None:
    door = Door(requests_per_minute=2)
    assert [door.takes_request(f"a@example{n}.net") for n in range(3)] == [True, True, False]


# --- passes


def test_a_pass_stands_for_its_place_for_a_while_and_carries_no_address() -> None:
    door = Door()
    proof = door.passes.issue(HOME)
    assert (
        door.passes.read(proof)
        == door.passes.read(door.passes.issue(HOME))
        != door.passes.read(door.passes.issue(OFFICE))
    )
    assert str(HOME) not in proof
    door.later(PASS_LIFE - timedelta(seconds=1))
    assert door.passes.read(proof) is not None
    door.later(timedelta(seconds=1))
    assert door.passes.read(proof) is None


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8:1:1::1", "2001:db8:1:1:ffff::9", True),
        ("2001:db8:1:1::1", "2001:db8:1:2::1", False),
        ("203.0.113.5", "203.0.113.6", False),
    ],
)
def test_a_place_is_an_ipv4_address_or_an_ipv6_line(one: str, other: str, is_same: bool) -> None:
    passes = Passes("secret", lambda: NOW)
    first, second = (passes.read(passes.issue(ip_address(text))) for text in (one, other))
    assert (first == second) is is_same


@pytest.mark.parametrize(
    "text", ["", ".", "..", "x", "a.b.c", "ff.00.00", "é.é.é", "\ud800", "9" * 10_000, "7fffffff.place.signature"]
)
def test_what_we_did_not_issue_is_no_pass(text: str) -> None:
    assert Passes("secret", lambda: NOW).read(text) is None


def test_a_pass_that_was_changed_or_signed_by_others_is_none() -> None:
    passes = Passes("secret", lambda: NOW)
    expires, place, signature = passes.issue(HOME).split(".")
    assert passes.read(f"f{expires}.{place}.{signature}") is None
    assert passes.read(f"{expires}.{place[::-1]}.{signature}") is None
    assert Passes("other", lambda: NOW).read(f"{expires}.{place}.{signature}") is None


# --- where a web request comes from

PROXY = "10.0.0.1"


@pytest.mark.parametrize(
    ("peer", "headers", "address"),
    [
        pytest.param("203.0.113.5", {}, "203.0.113.5", id="straight from the client"),
        pytest.param("::ffff:203.0.113.5", {}, "203.0.113.5", id="IPv4 in IPv6's clothes"),
        pytest.param("203.0.113.5", {"X-Forwarded-For": "1.2.3.4"}, None, id="somebody else's proxy, or a liar"),
        pytest.param("127.0.0.1", {"X-Real-IP": "1.2.3.4"}, None, id="a proxy that nobody has named"),
        pytest.param(PROXY, {"X-Forwarded-For": "203.0.113.5"}, "203.0.113.5", id="by our proxy"),
        pytest.param(PROXY, {"X-Forwarded-For": "1.2.3.4, 203.0.113.5"}, "203.0.113.5", id="by our proxy, after a lie"),
        pytest.param(
            PROXY, {"X-Forwarded-For": "1.2.3.4, 203.0.113.5, 10.0.0.2"}, "203.0.113.5", id="by two of our proxies"
        ),
        pytest.param(PROXY, {"X-Forwarded-For": "203.0.113.5, junk"}, None, id="our proxy says nonsense"),
        pytest.param(PROXY, {}, PROXY, id="our proxy itself"),
        pytest.param(PROXY, {"X-Forwarded-For": "10.0.0.2"}, "10.0.0.2", id="one of our proxies itself"),
    ],
)
def test_the_clients_address(peer: str, headers: dict[str, str], address: str | None) -> None:
    request = make_mocked_request("GET", "/pass", headers=headers).clone(remote=peer)
    found = Clients([ip_network("10.0.0.0/24")]).address(request)
    assert found == (None if address is None else ip_address(address))


@pytest.mark.parametrize("text", ["", "nonsense", "1.2.3", "1.2.3.4:80", "[::1]", "unknown", "_hidden"])
def test_what_is_no_address(text: str) -> None:
    assert read_address(text) is None
