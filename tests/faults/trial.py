"""A trial: a life is lived, a fault strikes in it and heals, all gets quiet, the judge looks."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from tests.faults.evidence import Objection
from tests.faults.faults import Fault
from tests.faults.hearing import judged as heard
from tests.faults.world import World

LIVES = 4  # a fault that waits for the desk to send something strikes in one of these
PATIENCE_S = 200.0


@dataclass
class Judged:
    """What came of one fault. requests, messages: what was at stake. recovered_s: from healed to all back and well."""

    fault: str
    server: str
    database: str
    requests: int = 0
    messages: int = 0
    recovered_s: float = 0.0
    objections: list[Objection] = field(default_factory=list)

    def as_row(self) -> dict[str, Any]:
        counts = {kind: sum(one.kind == kind for one in self.objections) for kind in ("lost", "doubled", "rule")}
        return {
            "fault": self.fault,
            "server": self.server,
            "database": self.database,
            "times": 1,
            "requests": self.requests,
            "messages": self.messages,
            **counts,
            "seconds": round(self.recovered_s, 2),
            "objections": [str(one) for one in self.objections],
        }


async def trial(world: World, fault: Fault) -> Judged:
    """Return what the judge says of the fault; what did not come to its end is an objection too."""
    judged = Judged(fault.name, world.server.kind, world.database.kind)
    said_before = len(world.said)
    world.start_talking()
    try:
        async with asyncio.timeout(PATIENCE_S):
            judged.recovered_s = await _endure(world, fault)
    except (AssertionError, TimeoutError, ExceptionGroup) as trouble:
        judged.objections.append(Objection("rule", "stuck", f"{world.stage}: {_in_short(trouble)}"))
    finally:
        await world.stop_talking()
        world.under = ""
    judged.requests = len(world.before.asked) - sum(1 for how in world.before.ended.values() if how != "served")
    judged.messages = len(world.said) - said_before
    judged.objections += await heard(world)
    return judged


async def _endure(world: World, fault: Fault) -> float:
    """Live until the fault has struck, and to the end of that life; return the seconds until all was well again."""
    async with asyncio.TaskGroup() as tasks:
        struck = tasks.create_task(_strike(world, fault))
        for _ in range(LIVES):
            await world.live()
            if world.has_struck:
                break
    return struck.result()


async def _strike(world: World, fault: Fault) -> float:
    world.has_struck = False
    await fault.strike(world)
    healed_at = time.monotonic()
    await world.recovered()
    return time.monotonic() - healed_at


def _in_short(trouble: BaseException) -> str:
    if isinstance(trouble, BaseExceptionGroup):
        return "; ".join(_in_short(one) for one in trouble.exceptions)
    return f"{type(trouble).__name__}: {str(trouble).partition(chr(10))[0]}"
