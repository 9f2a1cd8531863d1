"""Fetch the JavaScript that the pages need from npm, once: `python -m livechat_xmpp.web.vendor`.

Two packages, taken as their authors publish them (no bundler, none of their dependencies: both `dist/`
folders are whole). Each is pinned by version and by the SHA-512 of its archive, so what is unpacked is what
was tried, from whatever registry npm is set up to use. Running it again does nothing; an archive that does
not match changes nothing.
"""

import base64
import gzip
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

VENDOR = Path(__file__).parent / "vendor"
STAMP = ".installed"
TIMEOUT_S = 600


@dataclass(frozen=True, slots=True)
class Package:
    """One pinned npm package.

    integrity: `sha512-` and the base64 of the archive's hash, as npm shows it (`npm view NAME@VERSION
    dist.integrity`).
    wanted: glob patterns, relative to the package's root, of the files to keep; the paths below the root stay
    as they are.
    """

    name: str
    version: str
    integrity: str
    wanted: tuple[str, ...]

    @property
    def archive(self) -> str:
        return f"{self.name}-{self.version}.tgz"

    @property
    def stamp(self) -> str:
        """What the stamp of a finished folder says; a change of the pin or of the patterns makes it stale."""
        return "\n".join((f"{self.name} {self.version}", self.integrity, *self.wanted, ""))

    def wants(self, path: PurePosixPath) -> bool:
        # match() looks at the end of the path only, so the depth is compared as well.
        return any(
            path.match(pattern) and len(path.parts) == len(PurePosixPath(pattern).parts) for pattern in self.wanted
        )


PACKAGES = (
    Package(
        "strophe.js",
        "5.0.0",
        "sha512-RNcmYrgEfZsTvl4uD4rU+eQydWAR5Z0a4c3rfxO/7Uh9Qxxla3la3ldOx7qHBGtdJ4ttCJRou+KEw3guT3fVVg==",
        ("dist/strophe.umd.min.js", "LICENSE.txt"),
    ),
    Package(
        "converse.js",
        "14.0.0",
        "sha512-LFUg030jDalV47vI/vyVPqYPZfJYXFbubq8v0cFDe2zXNeeGEk3Up0Fj/WTzT6t+6do+cAIToy73eAj7RNDj2Q==",
        (
            "dist/converse.min.js",
            "dist/converse.min.css",
            "dist/emoji.json",
            "dist/chunkjs/locales/*.js",
            "dist/chunkjs/locales/dayjs/*.js",
            "dist/images/*.*",
            "dist/images/custom_emojis/*.png",
            "dist/images/logo/*.*",
            "dist/sounds/*.*",
            "dist/webfonts/*.ttf",
            "COPYRIGHT",
            "LICENSE",
        ),
    ),
)


class VendorError(Exception):
    """The packages cannot be had; the text says what to do."""


def is_complete(packages: Sequence[Package] = PACKAGES, into: Path = VENDOR) -> bool:
    """Whether every package is there in the pinned version."""
    return not _missing(packages, into)


def fill(packages: Sequence[Package] = PACKAGES, into: Path = VENDOR) -> list[str]:
    """Bring `into` up to date; return the names of the packages that were fetched, [] when all were there.

    Raises VendorError, and leaves what was there before, when npm is missing, fails, or brings something else
    than pinned.
    """
    missing = _missing(packages, into)
    if not missing:
        return []
    into.mkdir(parents=True, exist_ok=True)
    # In `into` itself, so that a finished folder can be renamed into place.
    with tempfile.TemporaryDirectory(dir=into, prefix=".fetch-") as temporary:
        work = Path(temporary)
        _npm_pack(missing, work)
        for package in missing:
            _verify(package, work / package.archive)
        for package in missing:
            _install(package, work / package.archive, work, into)
    return [package.name for package in missing]


def _missing(packages: Sequence[Package], into: Path) -> list[Package]:
    def stamp(package: Package) -> str:
        try:
            return (into / package.name / STAMP).read_text()
        except OSError:
            return ""

    return [package for package in packages if stamp(package) != package.stamp]


def _npm_pack(packages: Sequence[Package], folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise VendorError(
            "npm is not installed, and the pages need two packages from it. Install Node.js with npm"
            " (Debian, Ubuntu: apt-get install npm) and try again."
        )
    specs = [f"{package.name}@{package.version}" for package in packages]
    # Only downloads: no package's scripts run, and no package.json of this or a parent folder is looked at.
    command = [npm, "pack", *specs, "--ignore-scripts", "--no-update-notifier", "--loglevel=error"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise VendorError(f"npm did not finish: {error}") from error
    if done.returncode:
        raise VendorError(f"npm could not fetch {', '.join(specs)}:\n{done.stderr.strip() or done.stdout.strip()}")


def _verify(package: Package, archive: Path) -> None:
    try:
        digest = hashlib.sha512(archive.read_bytes()).digest()
    except OSError as error:
        raise VendorError(f"npm brought no {package.archive}: {error}") from error
    if f"sha512-{base64.b64encode(digest).decode()}" != package.integrity:
        raise VendorError(
            f"{package.archive} is not the file that was pinned (its SHA-512 differs). Nothing was installed;"
            " clear npm's cache (npm cache clean --force) and check which registry npm uses."
        )


def _install(package: Package, archive: Path, work: Path, into: Path) -> None:
    """Unpack the wanted files, each with a gzip copy beside it, and put the folder in place by a rename."""
    fresh = work / package.name
    with tarfile.open(archive) as tar:
        for member in tar:
            path = PurePosixPath(*PurePosixPath(member.name).parts[1:])  # npm puts everything below package/
            if not member.isreg() or ".." in path.parts or not package.wants(path):
                continue
            source = tar.extractfile(member)
            assert source is not None  # a regular file has content
            data = source.read()
            target = fresh / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            if target.suffix in {".js", ".css", ".json"}:
                # aiohttp serves NAME.gz to a browser that takes it; mtime=0 keeps the bytes the same each
                # time.
                (target.parent / f"{target.name}.gz").write_bytes(gzip.compress(data, mtime=0))
    (fresh / STAMP).write_text(package.stamp)
    final = into / package.name
    if final.exists():
        final.rename(work / f"{package.name}.old")  # goes with the temporary folder
    fresh.rename(final)


def main() -> int:
    """Fetch what is missing and say so. Exit status 0: all there; 1: with the reason on standard error."""
    if is_complete():
        print("Web packages: all there.")
        return 0
    wanted = ", ".join(f"{package.name} {package.version}" for package in PACKAGES)
    print(f"Web packages: fetching {wanted} with npm (about 10 MB) ...", flush=True)
    try:
        fetched = fill()
    except VendorError as error:
        print(f"Web packages: {error}", file=sys.stderr)
        return 1
    print(f"Web packages: installed {', '.join(fetched)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
