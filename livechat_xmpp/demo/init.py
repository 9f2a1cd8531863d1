"""`livechat-xmpp init`: the two files that a desk beside an existing Prosody starts from."""

from __future__ import annotations

import secrets
from pathlib import Path

from livechat_xmpp.demo.config_files import prosody_snippet, write_private
from livechat_xmpp.demo.places import Names
from livechat_xmpp.settings import example


class FileExists(Exception):
    """Nothing was written, because a file is there already; the text names it."""


def init(folder: Path, domain: str) -> str:
    """Write livechat.toml and the snippet for Prosody with one new secret; return what to do next.

    Raises FileExists, and then has written neither.
    """
    config, snippet = folder / "livechat.toml", folder / "livechat.cfg.lua"
    if there := [str(path) for path in (config, snippet) if path.exists()]:
        raise FileExists(f"There already: {', '.join(there)}. Nothing was written.")
    names = Names(
        domain=domain,
        component=f"workgroup.{domain}",
        muc=f"chats.workgroup.{domain}",
        anonymous_domain=f"anon.{domain}",
        contributors=f"contributors@conference.{domain}",
    )
    secret = secrets.token_urlsafe(24)
    folder.mkdir(parents=True, exist_ok=True)
    write_private(snippet, prosody_snippet(names, secret))
    write_private(config, _settings_text(names, secret))
    return f"""\
Written: {config} and {snippet}, with a new secret for both.

  1. Read {snippet}: its first lines say what else Prosody's main file needs. On Debian:
       apt-get install prosody-modules
       install -o root -g prosody -m 640 {snippet} /etc/prosody/conf.d/
       systemctl restart prosody
  2. Read {config}, and fit it to your server.
  3. livechat-xmpp check --config {config}
  4. livechat-xmpp run --config {config}"""


def _settings_text(names: Names, secret: str) -> str:
    return example(
        xmpp__component=names.component,
        xmpp__secret=secret,
        xmpp__muc=names.muc,
        xmpp__contributors=names.contributors,
        staff__domains=(names.domain,),
        visitors__anonymous_domains=(names.anonymous_domain,),
    )
