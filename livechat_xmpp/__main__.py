"""The command line: read arguments, load settings, call what does the work. `livechat-xmpp --help`.

Exit status: 0 done, 1 failed with a message, 2 wrong arguments or configuration (all mistakes at once).
Each command imports what it needs itself, so that `--help` and `demo` are quick.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from livechat_xmpp.settings import Settings

DONE, FAILED, WRONG_INPUT = 0, 1, 2


class WrongInput(Exception):
    """Arguments or configuration are wrong; the text names all mistakes, one a line."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    args = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = args.command
    try:
        return command(args)
    except WrongInput as mistakes:
        print(mistakes, file=sys.stderr)
        return WRONG_INPUT
    except KeyboardInterrupt:
        return FAILED
    except Exception as error:
        if (reason := _reason(error)) is None:
            raise
        print(reason, file=sys.stderr)
        return FAILED


def _reason(error: Exception) -> str | None:
    """Return in one line what an operator can do something about; None: it is a bug, to be seen whole."""
    from alembic.util import CommandError
    from sqlalchemy.exc import DBAPIError

    from livechat_xmpp.store.fence import LockLost
    from livechat_xmpp.usecases.ports import StoreTrouble

    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(error, DBAPIError | StoreTrouble) or type(error).__module__.startswith("psycopg"):
        return f"The database does not do what it has to: {' '.join(str(cause).split())}"
    if isinstance(error, CommandError):
        return f"The database is not one of this version of the program: {error}"
    if isinstance(error, LockLost):
        return str(error)
    if isinstance(error, OSError):
        return str(error)
    return None


def run(args: argparse.Namespace) -> int:
    """Run the component until it is stopped; migrations first. A standby waits before both."""
    from livechat_xmpp import app

    settings = _settings(args)
    asyncio.run(app.run(settings, is_migrating=args.migrate))
    return DONE


def demo(args: argparse.Namespace) -> int:
    from livechat_xmpp.demo import launch

    text = os.environ.get("LIVECHAT_DEMO_PORT_BASE", "")
    if text and not text.isdecimal():
        raise WrongInput(f"LIVECHAT_DEMO_PORT_BASE={text}: it has to be a number, the first of four ports.")
    return launch.demo(args.state or launch.STATE, int(text) if text else None)


def init(args: argparse.Namespace) -> int:
    from livechat_xmpp.demo.init import FileExists, NoDomain, init

    try:
        print(init(args.folder, args.domain.lower(), args.server))
    except NoDomain as error:
        raise WrongInput(str(error)) from error
    except FileExists as error:
        print(error, file=sys.stderr)
        return FAILED
    return DONE


def check(args: argparse.Namespace) -> int:
    from livechat_xmpp import app

    return DONE if asyncio.run(app.check(_settings(args))) else FAILED


def db_upgrade(args: argparse.Namespace) -> int:
    _upgrade(_settings(args))
    return DONE


def db_current(args: argparse.Namespace) -> int:
    from livechat_xmpp.store import migrate

    revision = asyncio.run(migrate.current(_settings(args).database.url.get_secret_value()))
    print(revision or "empty: no migration has been applied")
    return DONE


def export(args: argparse.Namespace) -> int:
    """Write one chat, or the audit, to standard output; status 1 if there is no chat of that id."""
    from livechat_xmpp import app
    from livechat_xmpp.domain.errors import NotFound
    from livechat_xmpp.usecases.transcripts import as_text

    if args.audit:
        print(json.dumps(asyncio.run(app.export_audit(_settings(args))), ensure_ascii=False, indent=1))
        return DONE
    try:
        chat = asyncio.run(app.export_chat(_settings(args), args.chat))
    except NotFound:
        print(f"There is no chat {args.chat}.", file=sys.stderr)
        return FAILED
    print(as_text(chat) if args.format == "text" else json.dumps(chat, ensure_ascii=False, indent=1) + "\n", end="")
    return DONE


def _upgrade(settings: Settings) -> None:
    from livechat_xmpp.store import migrate

    asyncio.run(migrate.upgrade(settings.database.url.get_secret_value()))


def _settings(args: argparse.Namespace) -> Settings:
    """Load the configuration: --config, else LIVECHAT_CONFIG, else livechat.toml here."""
    from livechat_xmpp.settings import SettingsError, load

    path: Path = args.config or Path(os.environ.get("LIVECHAT_CONFIG") or "livechat.toml")
    if not path.is_file():
        raise WrongInput(f"There is no configuration {path}. `livechat-xmpp init` writes one; --config names another.")
    try:
        return load(path)
    except SettingsError as mistakes:
        raise WrongInput(str(mistakes)) from mistakes


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="livechat-xmpp", description="A community help desk on XMPP.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    configured = argparse.ArgumentParser(add_help=False)
    configured.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="instead of LIVECHAT_CONFIG, or livechat.toml in this folder",
    )

    demo_ = commands.add_parser("demo", help="a whole desk on this machine, to try it out; Ctrl-C stops it")
    demo_.add_argument("--state", type=Path, metavar="FOLDER", help="where it keeps its data (var/demo)")
    demo_.set_defaults(command=demo)

    run_ = commands.add_parser("run", parents=[configured], help="the desk, beside an XMPP server that exists")
    run_.add_argument("--no-migrate", dest="migrate", action="store_false", help="leave the database's tables alone")
    run_.set_defaults(command=run)

    init_ = commands.add_parser("init", help="write a livechat.toml, and what the XMPP server needs")
    init_.add_argument("--server", choices=["prosody", "ejabberd"], required=True)
    init_.add_argument("--domain", default="example.org", help="the staff's domain (%(default)s)")
    init_.add_argument("--folder", type=Path, default=Path(), help="where to write (this folder)")
    init_.set_defaults(command=init)

    check_ = commands.add_parser("check", parents=[configured], help="try all that the desk needs of the server")
    check_.set_defaults(command=check)

    db = commands.add_parser("db", help="the database's tables").add_subparsers(required=True, metavar="COMMAND")
    upgrade_ = db.add_parser("upgrade", parents=[configured], help="bring the tables up to this version")
    upgrade_.set_defaults(command=db_upgrade)
    current_ = db.add_parser("current", parents=[configured], help="say which version the tables have")
    current_.set_defaults(command=db_current)

    export_ = commands.add_parser(
        "export", parents=[configured], help="write one chat, or the audit, to standard output"
    )
    what = export_.add_mutually_exclusive_group(required=True)
    what.add_argument("--chat", metavar="ID")
    what.add_argument("--audit", action="store_true", help="every change of standing and every decision, as JSON")
    export_.add_argument("--format", choices=["json", "text"], default="json", help="of a chat")
    export_.set_defaults(command=export)
    return parser


if __name__ == "__main__":
    sys.exit(main())
