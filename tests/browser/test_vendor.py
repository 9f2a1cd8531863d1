"""Fetching the npm packages: once, exactly what was pinned, and with words for whoever has no npm."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from livechat_xmpp.web import vendor


def archive(files: dict[str, str]) -> bytes:
    """An npm archive: everything in a folder named package."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return data.getvalue()


def pinned(data: bytes, *wanted: str) -> vendor.Package:
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
    return vendor.Package("thing", "1.0.0", integrity, wanted)


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An npm that brings the file `offered` under the name of the archive it is asked for."""
    folder = tmp_path / "bin"
    folder.mkdir()
    offered = tmp_path / "offered"
    (folder / "npm").write_text(f'#!/bin/sh\necho asked >>"{tmp_path}/asked"\ncp "{offered}" thing-1.0.0.tgz\n')
    (folder / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return offered


def test_only_wanted_files_are_unpacked_and_only_once(npm: Path, tmp_path: Path) -> None:
    data = archive(
        {
            "package/dist/a.js": "a",
            "package/dist/a.js.map": "map",
            "package/src/dist/a.js": "deeper",
            "package/LICENSE": "free",
            "package/../../outside.js": "evil",
        }
    )
    npm.write_bytes(data)
    package, into = pinned(data, "dist/*.js", "LICENSE"), tmp_path / "vendor"
    assert vendor.fill([package], into) == ["thing"]
    assert vendor.fill([package], into) == []
    assert (tmp_path / "asked").read_text() == "asked\n"
    found = {str(path.relative_to(into)) for path in into.rglob("*") if path.is_file()}
    assert found == {"thing/dist/a.js", "thing/dist/a.js.gz", "thing/LICENSE", "thing/.installed"}


def test_a_new_pin_replaces_the_old_folder(npm: Path, tmp_path: Path) -> None:
    into = tmp_path / "vendor"
    for text in ("old", "new"):
        data = archive({"package/a.js": text})
        npm.write_bytes(data)
        vendor.fill([pinned(data, "a.js")], into)
    assert (into / "thing" / "a.js").read_text() == "new"
    assert [path.name for path in into.iterdir()] == ["thing"]


def test_another_file_than_pinned_changes_nothing(npm: Path, tmp_path: Path) -> None:
    into, good = tmp_path / "vendor", archive({"package/a.js": "good"})
    npm.write_bytes(archive({"package/a.js": "evil"}))
    with pytest.raises(vendor.VendorError, match=r"not the file that was pinned"):
        vendor.fill([pinned(good, "a.js")], into)
    assert list(into.iterdir()) == []


def test_who_has_no_npm_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(vendor.VendorError, match=r"apt-get install npm"):
        vendor.fill(vendor.PACKAGES, tmp_path / "vendor")


def test_an_npm_that_fails_is_quoted(npm: Path, tmp_path: Path) -> None:
    with pytest.raises(vendor.VendorError, match=r"could not fetch thing@1.0.0:\n.*offered"):
        vendor.fill([pinned(b"", "a.js")], tmp_path / "vendor")
