"""Where the demo's files are, and the names and ports of its parts."""

from __future__ import annotations

import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from livechat_xmpp.demo.errors import DemoError

PROJECT = Path(__file__).resolve().parents[2]
TEMPLATES = PROJECT / "config"
HOST = "127.0.0.1"

# How far above its usual number another port is looked for, and how many are tried.
_OTHER_PORTS_FROM, _OTHER_PORTS = 10_000, 200


@dataclass(frozen=True, slots=True)
class Names:
    """XMPP addresses of the parts; the defaults are those of the demo."""

    domain: str = "localhost"
    component: str = "workgroup.localhost"
    muc: str = "chats.workgroup.localhost"
    anonymous_domain: str = "anon.localhost"
    contributors: str = "contributors@conference.localhost"
    workgroup: str = "support"


@dataclass(frozen=True, slots=True)
class Ports:
    """c2s: clients; component: XEP-0114; http: WebSocket and BOSH of the server; web: the page.

    api: ejabberd's HTTP API; Prosody has none.
    """

    c2s: int = 5222
    component: int = 5347
    http: int = 5280
    web: int = 8080
    api: int = 5284


def is_free(port: int) -> bool:
    """Say whether a server could listen on the port of the loopback address now."""
    with socket.socket() as probe:
        # As servers do it; without it a port counts as taken for a minute after its last connection.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def ports_from(base: int) -> Ports:
    """Return base to base + 3; raises DemoError that names each port that is taken."""
    if not 1 <= base <= 65_532:
        raise DemoError(f"LIVECHAT_DEMO_PORT_BASE={base}: base to base + 3 have to be ports, 1 to 65535.")
    ports = Ports(base, base + 1, base + 2, base + 3)
    uses = {
        ports.c2s: "XMPP clients",
        ports.component: "the component",
        ports.http: "WebSocket",
        ports.web: "the page",
    }
    if taken := [f"port {port} ({use})" for port, use in uses.items() if not is_free(port)]:
        raise DemoError(f"Taken on {HOST}: {', '.join(taken)}. Choose another LIVECHAT_DEMO_PORT_BASE.")
    return ports


def free_ports() -> Ports:
    """Return the usual ports, and for each that is taken another one that is free."""
    chosen: list[int] = []
    usual = Ports()
    for port in (usual.c2s, usual.component, usual.http, usual.web):
        others = range(port + _OTHER_PORTS_FROM, port + _OTHER_PORTS_FROM + _OTHER_PORTS)
        free = next((p for p in (port, *others) if p not in chosen and is_free(p)), None)
        if free is None:
            raise DemoError(f"Port {port} and {_OTHER_PORTS} others are taken on {HOST}.")
        chosen.append(free)
    return Ports(*chosen)


def shown(path: Path) -> str:
    """Return the path relative to the project's root where it lies inside, else as it is."""
    return str(path.relative_to(PROJECT)) if path.is_relative_to(PROJECT) else str(path)


def database_url(state: Path) -> str:
    return f"sqlite+aiosqlite:///{shown(state / 'livechat.db')}"


def program() -> str:
    """Return the path of the livechat-xmpp command that belongs to the Python that runs us."""
    return shown(Path(sys.executable).parent / "livechat-xmpp")
