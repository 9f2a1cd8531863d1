"""Ports, paths and names of the demo."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from livechat_xmpp.demo import places
from livechat_xmpp.demo.errors import DemoError
from livechat_xmpp.demo.places import HOST, PROJECT, Ports, free_ports, is_free, ports_from, shown


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that something listens on; the socket ends with the test."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_that_something_listens_on_is_not_free(taken: int) -> None:
    assert not is_free(taken)


def test_a_base_gives_four_ports_in_the_order_of_the_documentation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "is_free", lambda port: True)
    assert ports_from(31000) == Ports(c2s=31000, component=31001, http=31002, web=31003)


def test_a_taken_port_of_a_base_is_an_error_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "is_free", lambda port: port != 31002)
    with pytest.raises(DemoError, match=r"port 31002 \(WebSocket\)"):
        ports_from(31000)


@pytest.mark.parametrize("base", [0, -1, 65533])
def test_a_base_outside_the_ports_is_refused(base: int) -> None:
    with pytest.raises(DemoError, match=str(base)):
        ports_from(base)


def test_the_usual_ports_are_taken_when_they_are_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "is_free", lambda port: True)
    assert free_ports() == Ports(5222, 5347, 5280, 8080)


def test_only_a_taken_port_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "is_free", lambda port: port not in {5222, 15222})
    assert free_ports() == Ports(15223, 5347, 5280, 8080)


def test_paths_inside_the_project_are_shown_relative_to_it() -> None:
    assert shown(PROJECT / "var" / "demo") == "var/demo"


def test_paths_outside_the_project_are_shown_whole() -> None:
    assert shown(PROJECT.parent) == str(PROJECT.parent)
