"""The page about the interface names everything that the program has."""

from __future__ import annotations

import argparse
import re

from livechat_xmpp.__main__ import _parser
from livechat_xmpp.demo.places import PROJECT
from livechat_xmpp.domain.sweep import Trouble
from tests.wire.conftest import Wire

NAME = re.compile(r"livechat_[a-z_]+")


def page() -> str:
    return (PROJECT / "docs" / "interface.md").read_text("utf-8")


def test_every_command_of_the_program_is_named() -> None:
    def commands(parser: argparse.ArgumentParser) -> list[str]:
        subparsers = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
        return [
            f"{name} {inner}".strip()
            for action in subparsers
            for name, sub in action.choices.items()
            for inner in commands(sub) or [""]
        ]

    names = commands(_parser())
    assert {"demo", "run", "db upgrade", "export"} <= set(names)
    assert [name for name in names if f"`livechat-xmpp {name}" not in page() and f"`{name}`" not in page()] == []


async def test_every_ad_hoc_command_is_named(wire: Wire) -> None:
    nodes = list(wire.door._commands._commands)
    assert len(nodes) >= 13
    assert [node for node in nodes if f"`{node}`" not in page()] == []


async def test_every_ad_hoc_command_that_is_named_exists(wire: Wire) -> None:
    rows = [line for line in page().splitlines() if line.startswith("| `")]
    named = {name.strip("` ") for line in rows for name in line.split("|")[1].split(",")}
    named = {name for name in named if not name.startswith(("livechat-xmpp", "livechat_")) and " " not in name}
    conditions = {
        "conflict",
        "service-unavailable",
        "not-allowed",
        "not-acceptable",
        "policy-violation",
        "item-not-found",
    }
    assert named - conditions == set(wire.door._commands._commands)


def test_every_metric_is_named_and_exists(wire: Wire) -> None:
    families = wire.component.watched.families()
    there = {f"{one.name}_total" if one.type == "counter" else one.name for one in families}
    ours = {name for name in there if name.startswith("livechat_")}
    named = {name for line in page().splitlines() if line.startswith("| `livechat_") for name in NAME.findall(line)}
    assert named == ours


def test_every_kind_of_problem_is_named() -> None:
    assert [what for what in Trouble if f"`{what}`" not in page()] == []
