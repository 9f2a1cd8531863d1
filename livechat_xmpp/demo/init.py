"""`livechat-xmpp init`: the two files that a desk beside an existing server starts from."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livechat_xmpp.demo.config_files import ejabberd_snippet, prosody_snippet, write_private
from livechat_xmpp.demo.places import HOST, TEMPLATES, Names, Ports
from livechat_xmpp.settings import example

# ejabberd's usual port for HTTP is taken by its own pages on Debian; ours is a listener on loopback.
EJABBERD_PORTS = Ports(http=5283)


# A name of DNS with at least two parts, or localhost.
DOMAIN = re.compile(r"(?=.{1,200}$)(localhost|([^\W_]([\w-]*[^\W_])?\.)+[^\W_]([\w-]*[^\W_])?)")


class NoDomain(Exception):
    """Nothing was written, because what was given is no domain of accounts."""


class FileExists(Exception):
    """Nothing was written, because a file is there already; the text names it."""


@dataclass(frozen=True, slots=True)
class Start:
    """What an admin of one kind of server begins with.

    settings: those of ours that are otherwise than usual.
    todo: how the snippet gets into the server, where {snippet} is its path.
    """

    file: str
    snippet: str
    settings: Mapping[str, Any]
    todo: str


def init(folder: Path, domain: str, server: str) -> str:
    """Write livechat.toml and the snippet for the server (prosody or ejabberd) with one new secret.

    Returns what to do next. Raises NoDomain or FileExists, and then has written neither.
    """
    if not DOMAIN.fullmatch(domain):
        raise NoDomain(
            f"--domain {domain}: it has to be a domain, as example.org: what is behind the @ of your accounts."
        )
    names = Names(
        domain=domain,
        component=f"workgroup.{domain}",
        muc=f"chats.workgroup.{domain}",
        anonymous_domain=f"anon.{domain}",
        contributors=f"contributors@conference.{domain}",
    )
    secret = secrets.token_urlsafe(24)
    start = {"prosody": _for_prosody, "ejabberd": _for_ejabberd}[server](names, secret)
    config, snippet = folder / "livechat.toml", folder / start.file
    if there := [str(path) for path in (config, snippet) if path.exists()]:
        raise FileExists(f"There already: {', '.join(there)}. Nothing was written.")
    folder.mkdir(parents=True, exist_ok=True)
    write_private(snippet, start.snippet)
    write_private(config, _settings_text(names, secret, start.settings))
    return f"""\
Written: {config} and {snippet}, with a new secret for both.

  1. Read {snippet}: {start.todo.format(snippet=snippet)}
  2. Read {config}, and fit it to your server.
  3. livechat-xmpp check --config {config}
  4. livechat-xmpp run --config {config}

To have systemd run it, see the first lines of {TEMPLATES / "livechat-xmpp.service"}."""


def _for_prosody(names: Names, secret: str) -> Start:
    todo = """its first lines say what else Prosody's main file needs. On Debian:
       apt-get install prosody-modules
       install -o root -g prosody -m 640 {snippet} /etc/prosody/conf.d/
       prosodyctl check config && systemctl restart prosody"""
    return Start("livechat.cfg.lua", prosody_snippet(names, secret), {}, todo)


def _for_ejabberd(names: Names, secret: str) -> Start:
    todo = """its first lines say what to change in ejabberd.yml. On Debian:
       install -o root -g ejabberd -m 640 {snippet} /etc/ejabberd/
       ejabberdctl reload_config"""
    url = f"ws://{HOST}:{EJABBERD_PORTS.http}/xmpp-websocket"
    api = f"http://{HOST}:{EJABBERD_PORTS.api}/api/v0"
    settings = {"web__websocket_url": url, "groups__api_url": api}
    return Start("livechat.yml", ejabberd_snippet(names, EJABBERD_PORTS, secret), settings, todo)


def _settings_text(names: Names, secret: str, settings: Mapping[str, Any]) -> str:
    return example(
        xmpp__component=names.component,
        xmpp__secret=secret,
        xmpp__muc=names.muc,
        xmpp__contributors=names.contributors,
        staff__domains=(names.domain,),
        visitors__anonymous_domains=(names.anonymous_domain,),
        **settings,
    )
