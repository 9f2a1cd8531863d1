"""The groups on real servers, where these are more than the stories in tests/scenarios/test_groups.py can do alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from livechat_xmpp.demo.accounts import Account
from tests.people import Person, RealServer
from tests.people.c2s import register
from tests.people.contacts import Entry, entry
from tests.scenarios.stage import until
from tests.servers.checking import check, server_with
from tests.servers.desk import Desk
from tests.servers.ejabberd import Ejabberd
from tests.servers.prosody import Prosody
from tests.servers.throwaway import ThrowawayServer

OFTEN = {"LIVECHAT_GROUPS__LOOK_S": "0.5"}
SWEPT = {"LIVECHAT_DESK__SWEEP_S": "0.2", "LIVECHAT_DESK__OVERDUE_S": "0.2"}


class Team:
    """A desk with ada as admin, and people whose clients show their contacts."""

    def __init__(self, server: ThrowawayServer, people: RealServer, folder: Path) -> None:
        self.server, self.people, self._folder = server, people, folder
        self.desk: Desk | None = None

    async def begins(self, **environment: str) -> None:
        ada = Account(await self.people.register("ada"), "", "admin")
        self.ada = await self.looking("ada")
        self.desk = Desk(self.server, self._folder, [ada], environment)
        await self.desk.start_async()

    async def looking(self, name: str) -> Person:
        person = await self.people.person(name)
        await person.fetch_contacts()
        return person

    async def joins(self, name: str, standing: str) -> Person:
        """Return somebody new with this standing."""
        person = await self.looking(name)
        await self.gives(person, standing)
        return person

    async def gives(self, person: Person, standing: str, *, demote: bool = False) -> None:
        node = "demote" if demote else "promote"
        assert (await self.ada.command(node, accounts=[person.bare], standing=standing)).is_completed

    async def problems(self) -> dict[str, str]:
        """Return the reasons of the problems that admins are shown, by their kind."""
        return {str(row["what"]): str(row["reason"]) for row in (await self.ada.command("list-problems")).rows}


@pytest_asyncio.fixture
async def team(each_server: ThrowawayServer, tmp_path: Path) -> AsyncIterator[Team]:
    async with RealServer.of(each_server) as people:
        team = Team(each_server, people, tmp_path)
        yield team
        assert team.desk is not None
        team.desk.kill()
        assert not team.desk.log_errors()


async def api(server: ThrowawayServer, command: str, **arguments: str) -> Any:
    async with aiohttp.ClientSession() as http, http.post(f"{server.api_url}/{command}", json=arguments) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json(content_type=None)


async def shown(person: Person, jid: str) -> Entry | None:
    return (await person.fetch_contacts()).get(jid)


@pytest.mark.parametrize("each_server", ["ejabberd"], indirect=True)
async def test_who_an_admin_took_out_of_the_shared_group_is_back(team: Team) -> None:
    await team.begins(**OFTEN)
    tom = await team.joins("tom", "trainee")
    await team.ada.sees_in_groups(tom.bare, "trainees")
    user, _, host = tom.bare.partition("@")
    where = {"host": host, "grouphost": host}

    async def is_taken_out() -> bool:
        """COMPAT ejabberd 23.01: read while it is changed, the group may be remembered as it was."""
        await api(team.server, "srg_user_del", group="livechat-trainees", user=user, **where)
        return tom.bare not in await api(team.server, "srg_get_members", group="livechat-trainees", host=host)

    await until(is_taken_out, "the server knows that tom is in no group")
    await team.ada.sees_in_groups(tom.bare)
    await team.ada.sees_in_groups(tom.bare, "trainees")
    await api(team.server, "srg_user_add", group="livechat-support", user=user, **where)
    await until(lambda: is_alone(team, tom), "tom is in one group again")
    await team.ada.sees_in_groups(tom.bare, "trainees")
    assert await shown(tom, tom.bare) is None


async def is_alone(team: Team, person: Person) -> bool:
    members = await api(team.server, "srg_get_members", group="livechat-support", host="localhost")
    found = await shown(team.ada, person.bare)
    return person.bare not in members and found is not None and found.groups == {"trainees"}


@pytest.mark.parametrize("each_server", ["prosody"], indirect=True)
async def test_an_entry_that_its_owner_changed_is_put_right_beside_what_is_theirs(team: Team) -> None:
    await team.begins(**OFTEN)
    tom = await team.joins("tom", "trainee")
    await team.ada.sees_in_groups(tom.bare, "trainees")
    await team.ada.iq(None, entry(tom.bare, "Band", name="Tommy"))
    await team.ada.sees_in_groups(tom.bare, "Band", "trainees")
    mine = await shown(team.ada, tom.bare)
    assert mine is not None
    assert (mine.name, mine.subscription) == ("Tommy", "both")


@pytest.mark.parametrize("each_server", ["prosody"], indirect=True)
async def test_who_leaves_the_groups_is_in_each_list_as_before(team: Team) -> None:
    """With room for three: who is of the least standing has to go when a fourth comes."""
    ada, tom, ana = [await team.looking(name) for name in ("ada", "tom", "ana")]
    await ana.iq(None, entry(tom.bare, "Friends", name="Tommy"))
    await tom.iq(None, entry(ada.bare))
    before = {person: dict(await person.fetch_contacts()) for person in (ana, tom)}
    await team.begins(LIVECHAT_GROUPS__MOST_PEOPLE="3", **SWEPT)
    await team.gives(ana, "helper")
    await team.gives(tom, "trainee")
    await ana.sees_in_groups(tom.bare, "Friends", "trainees")
    await tom.sees_in_groups(ana.bare, "support")
    ben = await team.joins("ben", "helper")
    await ana.sees_in_groups(ben.bare, "support")
    await ana.sees_in_groups(tom.bare, "Friends")
    await tom.sees_in_groups(ana.bare)
    assert await shown(ana, tom.bare) == before[ana][tom.bare]
    desk = f"support@{team.people.component}"
    await until(lambda: are_those(tom, {*before[tom], desk}), "tom has whom he had, and the desk")
    assert (await tom.fetch_contacts())[ada.bare] == before[tom][ada.bare]
    await team.ada.sees_in_groups(tom.bare)
    await until(lambda: has_problem(team, "groups-cut"), "admins are told that somebody is left out")
    assert "1 people more than groups.most_people" in (await team.problems())["groups-cut"]


async def are_those(person: Person, jids: set[str]) -> bool:
    return set(await person.fetch_contacts()) == jids


async def has_problem(team: Team, what: str) -> bool:
    return what in await team.problems()


async def test_an_account_can_open_the_api_instead_of_the_address(tmp_path: Path) -> None:
    account = "who:\n      access:\n        allow:\n          user: api@localhost"
    with server_with(Ejabberd, tmp_path / "server", ("who:\n      ip: 127.0.0.1/8", account)) as server:
        async with RealServer.of(server) as people:
            await register(people.host, people.c2s_port, "api@localhost", "secret & more: ü")
            team = Team(server, people, tmp_path)
            await team.begins(
                LIVECHAT_GROUPS__API_ACCOUNT="api@localhost", LIVECHAT_GROUPS__API_PASSWORD="secret & more: ü"
            )
            assert team.desk is not None
            try:
                tom = await team.joins("tom", "trainee")
                await team.ada.sees_in_groups(tom.bare, "trainees")
            finally:
                team.desk.kill()
            refused = await asyncio.to_thread(check, server, tmp_path)
    assert "api_permissions that let" in next(line for line in refused.missing if "groups in contact lists" in line)


@pytest.mark.parametrize("each_server", ["ejabberd"], indirect=True)
async def test_an_api_that_is_away_is_told_to_admins_and_not_to_the_log(team: Team) -> None:
    await team.begins(LIVECHAT_GROUPS__API_URL="http://127.0.0.1:1/api/v0", **SWEPT)
    await until(lambda: has_problem(team, "groups-failed"), "admins are told")
    assert "localhost: the server's API does not answer" in (await team.problems())["groups-failed"]
    await team.ada.receives("contact lists do not show the groups as they should")
    assert team.desk is not None
    assert team.desk.log.read_text("utf-8").count("groups-failed") == 1


async def test_an_account_that_is_not_there_keeps_nobody_else_from_the_groups(team: Team) -> None:
    """Somebody may be given a standing who has no account, or none any more."""
    await team.begins(**SWEPT)
    gone = team.people.jid_of("gone")
    assert (await team.ada.command("promote", accounts=[gone], standing="helper")).is_completed
    tom = await team.joins("tom", "trainee")
    await team.ada.sees_in_groups(tom.bare, "trainees")
    await tom.sees_in_groups(team.ada.bare, "support")


@pytest.mark.parametrize("kind", [Prosody, Ejabberd])
async def test_where_the_server_lets_us_do_nothing_clients_are_told_once(
    kind: type[ThrowawayServer], tmp_path: Path
) -> None:
    changes = [('    "privilege";', "    ")] if kind is Prosody else []
    with server_with(kind, tmp_path / "server", *changes) as server:
        async with RealServer.of(server) as people:
            team = Team(server, people, tmp_path)
            await team.begins(LIVECHAT_GROUPS__API_URL="", **OFTEN)
            assert team.desk is not None
            try:
                tom, ana = await team.joins("tom", "trainee"), await team.joins("ana", "helper")
                await ana.sees_in_groups(tom.bare, "trainees")
                await team.gives(tom, "helper")
                for person in (ana, team.ada):
                    await person.sees_in_groups(tom.bare, "support")
                told = [(one.action, one.group) for one in ana.suggestions if one.jid == tom.bare]
                assert told == [("add", "trainees"), ("modify", "support")]
                before = {person: len(person.suggestions) for person in (team.ada, tom, ana)}
                await team.desk.stop_async()
                await team.desk.start_async()
                await ana.iq(None, entry(tom.bare, subscription="remove"))
                ben = await team.joins("ben", "helper")
                for person in before:
                    await person.sees_in_groups(ben.bare, "support")
                    later = person.suggestions[before[person] :]
                    assert [(one.action, one.jid) for one in later] == [("add", ben.bare)]
            finally:
                team.desk.kill()
    assert not team.desk.log_errors()
