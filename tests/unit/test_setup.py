"""What a fresh checkout is set up from: pinned packages, and words where something is missing."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib.metadata import requires, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from livechat_xmpp.demo.places import PROJECT


def pins(file: str) -> dict[str, str]:
    """Return the pinned version of each package that the file names itself."""
    lines = (PROJECT / file).read_text("utf-8").splitlines()
    named = (line.split("==") for line in lines if line and not line.startswith(("#", "-r ")))
    return {canonicalize_name(name): pinned for name, pinned in named}


RUN = pins("requirements.txt")
DEV = {**RUN, **pins("requirements-dev.txt")}


def needed_by(package: str, extra: str) -> set[str]:
    """Return the names of all packages that this one needs here, also through others."""
    found: set[str] = set()
    ahead = [(package, extra)]
    while ahead:
        name, extra = ahead.pop()
        for requirement in map(Requirement, requires(name) or []):
            if requirement.marker and not any(
                requirement.marker.evaluate({"extra": e}) for e in (extra.split(",") if extra else [""])
            ):
                continue
            needed = canonicalize_name(requirement.name)
            if needed not in found:
                found.add(needed)
                ahead.append((needed, ",".join(requirement.extras)))
    return found


@pytest.mark.parametrize(
    ("extra", "pinned"), [pytest.param("", RUN, id="to run"), pytest.param("dev,postgresql", DEV, id="to test")]
)
def test_every_package_that_is_needed_is_pinned(extra: str, pinned: dict[str, str]) -> None:
    assert needed_by("livechat-xmpp", extra) - set(pinned) == set()


def test_what_is_tested_is_what_is_pinned() -> None:
    assert {name: version(name) for name in DEV} == DEV


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_name_no_address(file: str) -> None:
    assert not re.search(r"://|--(index|extra|find|trusted)", (PROJECT / file).read_text("utf-8"))


@pytest.mark.parametrize(
    ("purpose", "packages"), [("run", "prosody (prosody-modules )?nodejs npm"), ("server", "nodejs npm")]
)
def test_where_packages_cannot_be_installed_it_says_what_to_install(
    purpose: str, packages: str, tmp_path: Path
) -> None:
    """Beside a server that exists that is no server: a second one would take its ports."""
    for tool in ("cat", "cksum", "date", "dirname", "id", "mkdir", "sed", "tail"):
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / tool).symlink_to(found)
    shell = shutil.which("sh")
    assert shell is not None
    ended = subprocess.run(
        [shell, str(PROJECT / "scripts" / "setup"), purpose],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1
    assert re.search(rf"apt-get install {packages}\n", ended.stderr)
