"""What a large staff costs: the lists and choices about trainees, with a year of accounts, beside the same with few.

    python -m benchmarks.apprenticeship [--database sqlite] [--repetitions 20]

Large: 5000 trainees, 200 helpers, 100 000 chats, one to three trainees and a monitor in each. Small: 40, 10 and 800, so
that each person has as many chats. Milliseconds are medians, each question asked of the store as the desk asks it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from benchmarks.figures import keep, table
from livechat_xmpp.domain.apprenticeship import TrainingRules
from livechat_xmpp.domain.learning import TraineePlacesFree
from livechat_xmpp.domain.model import Availability, BareJid, ChatId, Standing
from livechat_xmpp.store import migrate
from livechat_xmpp.store import tables as t
from livechat_xmpp.store.database import Store, make_engine
from livechat_xmpp.usecases import deciding, rooms, staff, stuck
from livechat_xmpp.usecases.desk import DeskRules
from tests.servers.postgresql import PostgreSQL

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BATCH = 5000  # rows in one statement
RULES = DeskRules(training=TrainingRules(), staff_domains=frozenset({"localhost"}))


@dataclass(frozen=True, slots=True)
class Size:
    """How many of what. on_duty: trainees who wait to be asked in."""

    trainees: int
    helpers: int
    chats: int
    on_duty: int


SMALL, LARGE = Size(40, 10, 800, 10), Size(5000, 200, 100_000, 500)


class Everybody:
    """Who is there (usecases.ports.Presences): everybody."""

    since: datetime | None = None

    def availability(self, jid: BareJid) -> Availability:
        return Availability.AVAILABLE


def _people(size: Size) -> tuple[list[str], list[str]]:
    return [f"t{n}@localhost" for n in range(size.trainees)], [f"h{n}@localhost" for n in range(size.helpers)]


def _rows(size: Size, dice: random.Random) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Yield all rows: accounts, duties, chats with who was in them, what they counted for, endorsements."""
    trainees, helpers = _people(size)
    for n, jid in enumerate([*trainees, *helpers]):
        standing = "trainee" if n < len(trainees) else ("admin", "monitor", "helper")[min(2, n - len(trainees))]
        yield (
            t.account,
            {"jid": jid, "standing": standing, "since_at": NOW - timedelta(days=300), "is_subscribed": True},
        )
    for jid in trainees[: size.on_duty]:
        yield t.duty, {"jid": jid, "role": "trainee", "max_chats": 2, "since_at": NOW, "turn_at": NOW}
    for n in range(size.chats):
        yield from _chat(n, dice.sample(trainees, dice.randint(1, 3)), dice.choice(helpers[2:]), helpers[1])
    for trainee in dice.sample(trainees, len(trainees) // 4):
        for by in dice.sample(helpers, 2):
            of = {"trainee": trainee, "by": by, "chat_id": "c0", "comment": "Calm.", "at": NOW - timedelta(days=9)}
            yield t.endorsement, of


def _chat(n: int, trainees: list[str], helper: str, monitor: str) -> Iterator[tuple[Any, dict[str, Any]]]:
    at = NOW - timedelta(days=365) + timedelta(minutes=5 * n)
    chat_id, visitor = f"c{n}", f"v{n}@anon.localhost"
    yield (
        t.chat,
        {
            "id": chat_id,
            "workgroup": "support",
            "state": "closed",
            "room": "gone",
            "visitor": f"{visitor}/x",
            "visitor_bare": visitor,
            "visitor_name": "Vera",
            "question": "?",
            "form": {},
            "priority": 0,
            "token_hash": str(n),
            "asked_at": at,
            "queued_at": at,
            "helper": helper,
            "first_opened_at": at,
            "opened_at": at,
            "closed_at": at + timedelta(minutes=10),
            "closed_by": helper,
            "closing": "",
            "outcome": "served",
            "tags": "",
            "note": "",
        },
    )
    inside = [(helper, "helper", "helper"), (monitor, "monitor", "monitor")]
    for jid, part, standing in [*inside, *((trainee, "trainee", "trainee") for trainee in trainees)]:
        stay = {"entered_at": at, "left_at": at + timedelta(minutes=10), "occupant_id": ""}
        yield t.visit, {"chat_id": chat_id, "jid": jid, "nick": jid, "part": part, "standing": standing, **stay}
    for trainee in trainees:
        asked = {"part": "trainee", "told_at": at, "times_told": 1, "ended_at": at}
        yield t.invitation, {"chat_id": chat_id, "jid": trainee, **asked}
        counted = {"watched": True, "helped": n % 2 == 0, "seconds": 600, "said": 3}
        yield t.credit, {"chat_id": chat_id, "jid": trainee, **counted, "at": at}


def fill(url: str, size: Size) -> None:
    """Write a year into the database."""
    pending: dict[Any, list[dict[str, Any]]] = {}
    engine = make_engine(url)
    with engine.begin() as db:
        order = [t.account, t.duty, t.chat, t.visit, t.invitation, t.credit, t.endorsement]

        def flush() -> None:
            for one in order:
                if rows := pending.pop(one, []):
                    db.execute(insert(one), rows)

        for one, row in _rows(size, random.Random(1)):
            pending.setdefault(one, []).append(row)
            if len(pending.get(t.visit, ())) >= BATCH:
                flush()
        flush()
        db.execute(
            insert(t.chat).values(
                id="open",
                workgroup="support",
                state="open",
                room="ready",
                visitor="v@anon.localhost/x",
                visitor_bare="v@anon.localhost",
                visitor_name="Vera",
                question="?",
                form={},
                priority=0,
                token_hash="",
                asked_at=NOW,
                queued_at=NOW,
                helper="h5@localhost",
                first_opened_at=NOW,
                opened_at=NOW,
                closed_by="",
                closing="",
                tags="",
                note="",
            )
        )
    engine.dispose()


async def median_ms(question: Callable[[], Awaitable[object]], repetitions: int) -> float:
    await question()
    taken = []
    for _ in range(repetitions):
        begun = time.perf_counter()
        await question()
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)


class _Undone(Exception):
    """What was tried is not kept."""


async def measured(url: str, repetitions: int) -> dict[str, float]:
    """Return how long each question takes, in milliseconds."""
    async with Store.opened(url, lambda: NOW) as store:

        async def tried(unit: Callable[[Any], object]) -> None:
            def undone(work: Any) -> None:
                unit(work)
                raise _Undone

            with contextlib.suppress(_Undone):
                await store.write(undone)

        def invite(work: Any) -> None:
            facts = [TraineePlacesFree(3)]
            assert rooms.record(work, ChatId("open"), facts, presences=Everybody(), rules=RULES)

        def promote(work: Any) -> None:
            account = work.accounts.find(BareJid("t9@localhost"))
            staff.set_standing(work, account.jid, account, Standing.HELPER, by="h0@localhost", reason="", rules=RULES)

        questions: dict[str, Callable[[], Awaitable[object]]] = {
            "list-trainees, by an admin": lambda: store.read(
                lambda work: deciding.list_trainees(work, by=BareJid("h0@localhost"))
            ),
            "list-trainees, by a helper": lambda: store.read(
                lambda work: deciding.list_trainees(work, by=BareJid("h7@localhost"))
            ),
            "my-status of a trainee": lambda: store.read(lambda work: staff.my_status(work, BareJid("t9@localhost"))),
            "list-stuck": lambda: store.read(lambda work: stuck.list_stuck(work, rules=RULES)),
            "choosing whom to invite": lambda: tried(invite),
            "a promotion": lambda: tried(promote),
        }
        return {name: await median_ms(question, repetitions) for name, question in questions.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--repetitions", type=int, default=20)
    args = parser.parse_args()
    server = PostgreSQL() if args.database == "postgresql" else None
    found = []
    with tempfile.TemporaryDirectory(prefix="livechat-bench-") as folder:
        for size in (SMALL, LARGE):
            url = f"sqlite:///{folder}/{size.trainees}.db" if server is None else server.new_database()
            asyncio.run(migrate.upgrade(url))
            fill(url, size)
            found.append(asyncio.run(measured(url, args.repetitions)))
    if server is not None:
        server.stop()
    small, large = found
    rows: list[list[object]] = [["median, ms", "small", "large", "x"]]
    rows += [[name, small[name], large[name], large[name] / small[name]] for name in small]
    print(table(rows))
    print(f"kept in {keep(f'apprenticeship-{args.database}', {'small': small, 'large': large})}")


if __name__ == "__main__":
    main()
