"""The configuration: checked whole, overridden by the environment, silent about secrets, shown by an example."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from livechat_xmpp.demo.places import PROJECT
from livechat_xmpp.domain.forms import Field, Kind
from livechat_xmpp.domain.model import Standing, WorkgroupName
from livechat_xmpp.rules import rules_from
from livechat_xmpp.settings import FieldSettings, Settings, SettingsError, _group_type, example, load

SECRET = "hush-hush"
LEAST = f'[xmpp]\nsecret = "{SECRET}"\n'


@pytest.fixture(autouse=True)
def no_settings_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith("LIVECHAT_")]:
        monkeypatch.delenv(name)


def a_file(folder: Path, text: str = LEAST) -> Path:
    path = folder / "livechat.toml"
    path.write_text(text, "utf-8")
    return path


def mistakes(path: Path) -> list[str]:
    with pytest.raises(SettingsError) as found:
        load(path)
    assert SECRET not in str(found.value)
    return [line.removeprefix(f"{path}: ") for line in str(found.value).split("\n")]


def test_the_secret_alone_is_enough(tmp_path: Path) -> None:
    settings = load(a_file(tmp_path))
    assert settings.xmpp.secret.get_secret_value() == SECRET
    assert settings.xmpp.component == "workgroup.localhost"
    assert [w.name for w in settings.workgroups] == ["support"]


def test_a_secret_is_not_shown_by_accident(tmp_path: Path) -> None:
    text = LEAST + '[database]\nurl = "postgresql://me:hush-hush@db/livechat"\n'
    assert SECRET not in repr(load(a_file(tmp_path, text)))


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = f"""
        [xmpp]
        secrt = "{SECRET}"
        port = 70000
        [web]
        websocket_url = "http://example.org/"
        [rooms]
        trainees_on_stop = "hide"
        [[workgroups]]
        name = "Über"
        [nonsense]
        x = 1
    """
    found = mistakes(a_file(tmp_path, text))
    assert [line.partition(":")[0] for line in found] == [
        "xmpp.secret",
        "xmpp.port",
        "xmpp.secrt",
        "rooms.trainees_on_stop",
        "web.websocket_url",
        "workgroups.0.name",
        "nonsense",
    ]
    assert "nonsense: unknown setting" in found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(f'[xmpp]\nsecret = ["{SECRET}"]', "xmpp.secret: ", id="a secret of the wrong kind"),
        pytest.param(f'xmpp = "{SECRET}"', "xmpp: ", id="a secret in the place of a group"),
        pytest.param(LEAST + f'[database]\nurl = "{SECRET}"', "database.url: ", id="a database that is none"),
        pytest.param(
            LEAST + f'[database]\nurl = "mysql://me:{SECRET}@db/x"', "database.url: ", id="a database of another kind"
        ),
        pytest.param(LEAST + '[staff]\ninitial = {"ada" = "admin"}', "staff.initial: ", id="an address that is none"),
        pytest.param(
            LEAST + '[staff]\ninitial = {"ada@localhost" = "boss"}', "staff.initial.ada@localhost: ", id="boss"
        ),
        *(
            pytest.param(f'{LEAST}contributors = "{room}"', "xmpp.contributors: ", id=f"contributors {room}")
            for room in ("example.org", "a@b@c", "a@b/c", "@b")
        ),
        pytest.param(LEAST + "[staff]\ndomains = []", "staff.domains: ", id="no domain of the staff"),
        pytest.param(
            LEAST + "[visitors]\nanonymous_domains = []", "visitors.anonymous_domains: ", id="a page without visitors"
        ),
        pytest.param(LEAST + "workgroups = []", "xmpp.workgroups: ", id="a list in the wrong group"),
        pytest.param(f"workgroups = []\n{LEAST}", "workgroups: ", id="no workgroup"),
        pytest.param(
            LEAST + '[[workgroups]]\nname = "a"\n[[workgroups]]\nname = "a"', "workgroups: ", id="a workgroup twice"
        ),
        *(
            pytest.param(
                LEAST + f'[apprenticeship]\nguide_url = "{url}"', "apprenticeship.guide_url: ", id=f"guide {url}"
            )
            for url in ("example.org/a", "ftp://example.org/", "javascript:x", "https://", "https://a b")
        ),
        pytest.param("[xmpp", "not TOML: ", id="not TOML"),
    ],
)
def test_a_mistake_is_named_without_secrets(tmp_path: Path, text: str, found: str) -> None:
    assert [line[: len(found)] for line in mistakes(a_file(tmp_path, text))] == [found]


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        pytest.param("[web]\nport = 1\n[staff]\n[web]\nport = 2", "stands further up already", id="a table twice"),
        pytest.param('[staff.initial]\nada@example.org = "admin"', "quotation marks", id="an address without marks"),
    ],
)
def test_a_mistake_that_is_easily_made_comes_with_advice(tmp_path: Path, text: str, advice: str) -> None:
    (line,) = mistakes(a_file(tmp_path, text))
    assert line.startswith("not TOML: ")
    assert " line " in line
    assert advice in line


def test_what_does_not_fit_together_is_told_at_once_too(tmp_path: Path) -> None:
    text = LEAST + (
        '[staff]\ndomains = ["anon.localhost"]\ninitial = {"ada@localhost" = "admin"}\n'
        '[[workgroups]]\nname = "a"\n[[workgroups]]\nname = "a"'
    )
    starts = [line.partition(":")[0] for line in mistakes(a_file(tmp_path, text))]
    assert starts == [
        "staff.domains and visitors.anonymous_domains both name anon.localhost",
        "staff.initial",
        "workgroups",
    ]


def test_mistakes_in_texts_are_told_with_the_others(tmp_path: Path) -> None:
    text = """
        [xmpp]
        port = 70000
        [texts]
        default_language = "tlh"
        [texts.overrides.de]
        welcom = "Hallo"
        now-helper = "Hallo {nmae}"
    """
    assert [line.partition(":")[0] for line in mistakes(a_file(tmp_path, text))] == [
        "xmpp.secret",
        "xmpp.port",
        "texts",
        "texts",
        "texts",
    ]
    found = "\n".join(mistakes(a_file(tmp_path, text)))
    assert "texts: default_language: no texts in 'tlh'; there are en, de" in found
    assert "texts: overrides.de.welcom: there is no text with this key" in found
    assert "texts: overrides.de.now-helper: the text has no field nmae" in found


FORM = """
    [[workgroups]]
    name = "support"
    [[workgroups.fields]]
    name = "question"
    kind = "lines"
    is_required = true
    limit = 500
    [[workgroups.fields]]
    name = "browser"
    label = "Your browser"
    kind = "choice"
    options = ["Firefox", "Chromium"]
    [[workgroups.fields]]
    name = "notes"
    label = "Notes"
    kind = "lines"
    [[workgroups]]
    name = "sales"
"""


def test_each_workgroup_has_its_form(tmp_path: Path) -> None:
    text = LEAST + "[visitors]\nname_limit = 20\nanswer_limit = 600\n" + FORM
    rules = rules_from(load(a_file(tmp_path, text)))
    assert rules.form_of(WorkgroupName("support")).fields == (
        Field("question", kind=Kind.LINES, is_required=True, limit=500),
        Field("browser", "Your browser", Kind.CHOICE, ("Firefox", "Chromium")),
        Field("notes", "Notes", Kind.LINES, limit=600),
    )
    assert rules.form_of(WorkgroupName("sales")).fields == (
        Field("username", is_required=True, limit=20),
        Field("question", kind=Kind.LINES, is_required=True, limit=600),
        Field("email", kind=Kind.EMAIL),
    )


def test_mistakes_in_forms_are_told_at_once(tmp_path: Path) -> None:
    text = (
        LEAST
        + """
        [[workgroups]]
        name = "support"
        [[workgroups.fields]]
        name = "page"
        [[workgroups.fields]]
        name = "system"
        label = "System"
        kind = "choice"
        [[workgroups]]
        name = "sales"
        [[workgroups.fields]]
        name = "Question"
        kind = "essay"
        requird = true
    """
    )
    assert [line.partition(" should")[0] for line in mistakes(a_file(tmp_path, text))] == [
        "workgroups.0: fields: question has to be among them, with is_required = true",
        "workgroups.0: fields.page: label is missing: what people read above the field",
        "workgroups.0: fields.system: a choice needs options",
        "workgroups.1.fields.0.name: String",
        "workgroups.1.fields.0.kind: Input",
        "workgroups.1.fields.0.requird: unknown setting",
    ]


def test_an_answer_is_not_longer_than_answers_may_be(tmp_path: Path) -> None:
    text = LEAST + "[visitors]\nanswer_limit = 400\n" + FORM
    text += '[[workgroups.fields]]\nname = "question"\nis_required = true\n'
    text += '[[workgroups.fields]]\nname = "username"\nlimit = 65\n'
    assert mistakes(a_file(tmp_path, text)) == [
        "workgroups: support: fields.question: limit is above visitors.answer_limit",
        "workgroups: sales: fields.username: limit is above visitors.name_limit",
    ]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    assert mistakes(tmp_path / "none.toml") == [
        f"{tmp_path / 'none.toml'}: No such file or directory".partition(": ")[2]
    ]


@pytest.mark.parametrize(
    ("name", "value", "group", "key", "expected"),
    [
        pytest.param("LIVECHAT_XMPP__PORT", "6000", "xmpp", "port", 6000, id="a number"),
        pytest.param("LIVECHAT_WEB__ENABLED", "false", "web", "enabled", False, id="yes or no"),
        pytest.param(
            "LIVECHAT_STAFF__DOMAINS", '["a.org", "b.org"]', "staff", "domains", ("a.org", "b.org"), id="a list"
        ),
        pytest.param(
            "LIVECHAT_STAFF__INITIAL",
            '{"ada@localhost": "admin"}',
            "staff",
            "initial",
            {"ada@localhost": Standing.ADMIN},
            id="a table",
        ),
        pytest.param(
            "LIVECHAT_TEXTS__OVERRIDES",
            '{"de": {"now-helper": "Servus", "days": ["{count} Tag", "{count} Tage"]}}',
            "texts",
            "overrides",
            {"de": {"now-helper": "Servus", "days": ("{count} Tag", "{count} Tage")}},
            id="texts",
        ),
        pytest.param("livechat_xmpp__host", "db", "xmpp", "host", "db", id="in small letters"),
    ],
)
def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, group: str, key: str, expected: Any
) -> None:
    monkeypatch.setenv(name, value)
    settings = load(a_file(tmp_path, LEAST + 'port = 5000\nmuc = "chats.example.org"\n'))
    assert getattr(getattr(settings, group), key) == expected
    assert settings.xmpp.muc == "chats.example.org"  # what it does not name stays


def test_the_secret_may_come_from_the_environment_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVECHAT_XMPP__SECRET", SECRET)
    assert load(a_file(tmp_path, "")).xmpp.secret.get_secret_value() == SECRET


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("LIVECHAT_STAFF__DOMAINS", SECRET, id="a list that is none"),
        pytest.param("LIVECHAT_XMPP", "{" + SECRET, id="a group that is none"),
        pytest.param("LIVECHAT_XMPP__SECRT", SECRET, id="an unknown setting"),
        pytest.param("LIVECHAT_XMP__SECRET", SECRET, id="an unknown group"),
    ],
)
def test_a_mistake_in_the_environment_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert len(mistakes(a_file(tmp_path))) == 1


def test_variables_about_the_program_are_no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LIVECHAT_CONFIG", "LIVECHAT_DEMO_PORT_BASE", "LIVECHAT_REQUIRE_ALL"):
        monkeypatch.setenv(name, "1")
    assert load(a_file(tmp_path))


# --- the example


def test_every_setting_has_a_description() -> None:
    lacking = [
        f"{name}.{key}"
        for name, info in Settings.model_fields.items()
        for key, field in _group_type(info).model_fields.items() | FieldSettings.model_fields.items()
        if not (field.description or "").endswith(".")
    ]
    assert lacking == []


def test_every_group_says_what_it_is_about() -> None:
    assert all(_group_type(info).__doc__ for info in Settings.model_fields.values())


def test_the_example_in_config_is_up_to_date() -> None:
    """To write it anew: python -m livechat_xmpp.settings > config/livechat.example.toml"""
    written = subprocess.run(
        [sys.executable, "-m", "livechat_xmpp.settings"], check=True, capture_output=True, text=True, cwd=PROJECT
    )
    assert (PROJECT / "config" / "livechat.example.toml").read_text("utf-8") == written.stdout == example()


def test_the_example_is_a_configuration(tmp_path: Path) -> None:
    settings = load(a_file(tmp_path, example()))
    assert settings.xmpp.secret.get_secret_value() == "change me"
    assert settings.rooms == Settings.model_fields["rooms"].default


def test_the_commented_defaults_are_the_defaults(tmp_path: Path) -> None:
    """What is commented out in the example, taken in, changes nothing."""
    lines = example().split("\n")
    shown = [
        line.removeprefix("# ")
        if line.startswith("# [[") or (" = " in line and line.endswith(tuple('0123456789"]es')))
        else line
        for line in lines
    ]
    values = tomllib.loads("\n".join(line for line in shown if not line.startswith("#")))
    assert values["rooms"]["trainee_places"] == 3
    assert values["workgroups"][0]["fields"][0] == {"name": "username", "is_required": True}
    assert load(a_file(tmp_path, "\n".join(shown))) == load(a_file(tmp_path, example()))


def test_what_is_given_is_written_out_and_signs_are_kept(tmp_path: Path) -> None:
    text = example(xmpp__secret='ge"heim\\', xmpp__port=6000, staff__initial={"ada@localhost": "admin"})
    settings = load(a_file(tmp_path, text))
    assert settings.xmpp.secret.get_secret_value() == 'ge"heim\\'
    assert settings.xmpp.port == 6000
    assert settings.staff.initial == {"ada@localhost": Standing.ADMIN}
