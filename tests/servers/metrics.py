"""What a desk shows on `/metrics`."""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping

from tests.servers.waiting import LIMIT_S


def metrics(web: str, headers: Mapping[str, str] | None = None) -> dict[str, float]:
    """Return what `/metrics` says now, by name with labels as it stands there. Blocks; raises HTTPError."""
    asking = urllib.request.Request(f"{web}metrics", headers=dict(headers or {}))
    with urllib.request.urlopen(asking, timeout=LIMIT_S) as got:
        text = got.read().decode()
    lines = (line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}
