"""The configuration files that `init`, the demo and the tests write: the servers' and the component's."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

from livechat_xmpp.demo.places import HOST, TEMPLATES, Names, Ports

_SIGN = re.compile(r"@([A-Z0-9_]+)@")


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return the template of config/ with each @SIGN@ replaced; KeyError names a sign without value."""
    return _SIGN.sub(lambda sign: values[sign[1]], (TEMPLATES / template).read_text("utf-8"))


def prosody_snippet(names: Names, secret: str) -> str:
    """Return what a Prosody needs beside our component; the same text for the demo, tests and admins."""
    values = {
        "DOMAIN": names.domain,
        "COMPONENT": names.component,
        "MUC": names.muc,
        "ANONYMOUS_DOMAIN": names.anonymous_domain,
        "SECRET": secret,
    }
    return filled("prosody.cfg.lua", values)


def ejabberd_snippet(names: Names, ports: Ports, secret: str) -> str:
    """Return what an ejabberd needs beside our component; the same text for tests and admins."""
    values = {
        "DOMAIN": names.domain,
        "COMPONENT": names.component,
        "MUC": names.muc,
        "ANONYMOUS_DOMAIN": names.anonymous_domain,
        "SECRET": secret,
        "COMPONENT_PORT": str(ports.component),
        "HTTP_PORT": str(ports.http),
        "API_PORT": str(ports.api),
    }
    return filled("ejabberd.yml", values)


def write_private(path: Path, text: str) -> None:
    """Write the file whole or not at all, readable by its owner only."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def write_prosody(folder: Path, names: Names, ports: Ports, secret: str, log_level: str = "info") -> Path:
    """Write a complete configuration into folder, which then holds all of the server; return its path."""
    for part in ("data", "certs"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    values = {
        "DIR": str(folder),
        "LOG_LEVEL": log_level,
        "AS_ROOT": "true" if os.geteuid() == 0 else "false",
        "DOMAIN": names.domain,
        "C2S_PORT": str(ports.c2s),
        "COMPONENT_PORT": str(ports.component),
        "HTTP_PORT": str(ports.http),
    }
    main = folder / "prosody.cfg.lua"
    write_private(folder / "livechat.cfg.lua", prosody_snippet(names, secret))
    write_private(main, filled("prosody-server.cfg.lua", values))
    return main


def write_ejabberd(folder: Path, names: Names, ports: Ports, secret: str, log_level: str = "info") -> Path:
    """Write a complete configuration into folder, which then holds all of the server; return its path."""
    for part in ("mnesia", "log"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    values = {
        "DIR": str(folder),
        "LOG_LEVEL": log_level,
        "DOMAIN": names.domain,
        "COMPONENT": names.component,
        "C2S_PORT": str(ports.c2s),
    }
    main = folder / "ejabberd.yml"
    write_private(folder / "livechat.yml", ejabberd_snippet(names, ports, secret))
    write_private(main, filled("ejabberd-server.yml", values))
    return main


def write_component(
    path: Path,
    names: Names,
    ports: Ports,
    secret: str,
    database: str,
    standings: Mapping[str, str],
    api_url: str = "",
) -> None:
    """Write the livechat.toml; standings: bare JID to the standing given at the start. api_url: ejabberd's."""

    def quoted(text: str) -> str:  # JSON's strings are TOML's
        return json.dumps(text, ensure_ascii=False)

    initial = "\n".join(f"{quoted(jid)} = {quoted(standing)}" for jid, standing in standings.items())
    text = f"""\
# Written anew at each start of the demo: changes here are lost.

[xmpp]
component = {quoted(names.component)}
secret = {quoted(secret)}
host = "{HOST}"
port = {ports.component}
muc = {quoted(names.muc)}
contributors = {quoted(names.contributors)}

[database]
url = {quoted(database)}

[staff]
domains = [{quoted(names.domain)}]

[staff.initial]
{initial}

[visitors]
anonymous_domains = [{quoted(names.anonymous_domain)}]

[web]
host = "{HOST}"
port = {ports.web}
websocket_url = "ws://{HOST}:{ports.http}/xmpp-websocket"
metrics_allow = ["127.0.0.0/8"]

[groups]
api_url = {quoted(api_url)}

[[workgroups]]
name = {quoted(names.workgroup)}
title = "Support"
"""
    write_private(path, text)
