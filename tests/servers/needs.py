"""Programs that some tests need and a machine may lack."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest


def is_missing(what: str) -> NoReturn:
    """Skip the test by the name of what is missing; with LIVECHAT_REQUIRE_ALL=1 that is a failure."""
    if os.environ.get("LIVECHAT_REQUIRE_ALL") == "1":
        pytest.fail(f"{what} is missing, and LIVECHAT_REQUIRE_ALL is set", pytrace=False)
    pytest.skip(f"{what} is missing")


def program(*names: str, beside: str = "") -> str:
    """Return the path of the first program found of these; beside: folders not in PATH, as a pattern below /."""
    more = sorted(map(str, Path("/").glob(beside)), reverse=True) if beside else []
    folders = [os.environ.get("PATH", ""), *more]
    for name in names:
        if found := shutil.which(name, path=os.pathsep.join(folders)):
            return found
    is_missing(" or ".join(names))
