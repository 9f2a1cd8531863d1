"""Every element we define or extend: XML from the XEP or from clients in, our XML out."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import pytest
from slixmpp import Message

from livechat_xmpp.xmpp.stanzas import visit, workgroup
from livechat_xmpp.xmpp.stanzas.visit import Ended, Resume
from livechat_xmpp.xmpp.stanzas.workgroup import DepartQueue, JoinQueue, QueueStatus, WorkgroupForm, form_values
from tests.wire.conftest import assert_same

W = "xmlns='http://jabber.org/protocol/workgroup'"
J = "xmlns='http://jivesoftware.com/protocol/workgroup'"
V = "xmlns='urn:livechat-xmpp:visit:0'"
DATA = "xmlns='jabber:x:data'"


@pytest.fixture(autouse=True)
def registered() -> None:
    workgroup.register()
    visit.register()


def read(kind: type[Any], xml: str) -> Any:
    return kind(xml=ET.fromstring(xml))


# --- queue-status


@pytest.mark.parametrize(
    ("inner", "position", "time"),
    [
        pytest.param("<position>1</position><time>55</time>", 1, 55, id="both (XEP-0142 §3.2.3)"),
        pytest.param("<position>3</position>", 3, None, id="the place alone"),
        pytest.param("<time>0</time>", None, 0, id="the time alone"),
        pytest.param("", None, None, id="neither, which is how one asks"),
        pytest.param("<position/><time/>", None, None, id="empty"),
        pytest.param("<position>first</position><time>-5</time>", None, None, id="what is no number"),
        pytest.param(
            "<position>2</position><colour xmlns='x'>red</colour>", 2, None, id="unknown elements are passed over"
        ),
    ],
)
def test_a_queue_status_is_read(inner: str, position: int | None, time: int | None) -> None:
    status = read(QueueStatus, f"<queue-status {W}>{inner}</queue-status>")
    assert (status["position"], status["time"]) == (position, time)


def test_a_queue_status_is_written() -> None:
    status = QueueStatus()
    status["position"], status["time"] = 1, 0
    assert_same(status.xml, f"<queue-status {W}><position>1</position><time>0</time></queue-status>")


# --- join-queue


@pytest.mark.parametrize(
    ("inner", "answers"),
    [
        pytest.param("<queue-notifications/>", {}, id="without a form (XEP-0142 §3.2.1)"),
        pytest.param(
            f"<x {DATA} type='submit'><field var='username'><value>Vera</value></field>"
            "<field var='question'><value>one</value><value>two</value></field></x>",
            {"username": "Vera", "question": "one\ntwo"},
            id="with a form, lines joined",
        ),
        pytest.param(
            f"<queue-notifications/><x {DATA} type='submit'><field var='question'><value>one</value></field></x>"
            f"<x {DATA} type='submit'><field var='question'><value>one</value></field></x>",
            {"question": "one"},
            id="with Smack's form, which comes twice",
        ),
        pytest.param(
            f"<metadata {J}><value name='question'>one</value><value name='page'>/start</value>"
            "<value name='password'>hush</value></metadata>",
            {"question": "one", "page": "/start"},
            id="with Fastpath's metadata, and its password left out",
        ),
        pytest.param(
            f"<metadata {J}><value name='question'>old</value><value name='page'>/start</value></metadata>"
            f"<x {DATA} type='submit'><field var='question'><value>new</value></field></x>",
            {"question": "new", "page": "/start"},
            id="with both: the form counts",
        ),
        pytest.param(
            f"<x {DATA} type='submit'><field var='password'><value>hush</value></field>"
            "<field><value>nameless</value></field><field var='email'/></x>",
            {"email": ""},
            id="with odd fields",
        ),
    ],
)
def test_the_answers_of_a_join(inner: str, answers: dict[str, str]) -> None:
    assert read(JoinQueue, f"<join-queue {W}>{inner}</join-queue>").answers() == answers


# --- depart-queue


@pytest.mark.parametrize(
    ("inner", "reason"),
    [
        pytest.param("", "", id="as a visitor asks for it (XEP-0142 §3.2.4)"),
        pytest.param("<departure-requested/>", "departure-requested", id="as asked"),
        pytest.param("<agent-not-found/>", "agent-not-found", id="by the desk"),
    ],
)
def test_why_somebody_departs(inner: str, reason: str) -> None:
    assert read(DepartQueue, f"<depart-queue {W}>{inner}</depart-queue>")["reason"] == reason


def test_a_departure_is_written() -> None:
    message = Message()
    message["depart_queue"].set_reason("departure-requested")
    assert_same(message["depart_queue"].xml, f"<depart-queue {W}><departure-requested/></depart-queue>")


# --- workgroup-form


def test_a_form_is_written() -> None:
    element = WorkgroupForm()
    element["form"]["type"] = "form"
    element["form"].add_field(var="question", ftype="text-multi", label="How?", required=True)
    assert_same(
        element.xml,
        f"<workgroup-form {W}><x {DATA} type='form'><field var='question' type='text-multi' label='How?'><required/>"
        "</field></x></workgroup-form>",
    )


def test_the_asking_for_a_form_is_read() -> None:
    element = read(WorkgroupForm, f"<workgroup-form {W}/>")
    assert element.xml.find("{jabber:x:data}x") is None


# --- resume, ended


def test_a_place_is_told_with_its_token_and_room() -> None:
    message = Message()
    message["resume"]["chat"] = "q7hm"
    assert_same(message["resume"].xml, f"<resume {V} chat='q7hm'/>")
    message["resume"]["token"], message["resume"]["room"] = "t", "q7hm@chats.example.org"
    assert_same(message["resume"].xml, f"<resume {V} chat='q7hm' token='t' room='q7hm@chats.example.org'/>")


def test_a_place_is_read() -> None:
    element = read(Resume, f"<resume {V} chat='q7hm' room='q7hm@chats.example.org'/>")
    assert (element["chat"], element["token"], element["room"]) == ("q7hm", "", "q7hm@chats.example.org")


def test_the_end_is_written_and_read() -> None:
    message = Message()
    message["ended"]["chat"] = "q7hm"
    assert_same(message["ended"].xml, f"<ended {V} chat='q7hm'/>")
    assert read(Ended, f"<ended {V} chat='q7hm'/>")["chat"] == "q7hm"


# --- submitted forms


def test_the_values_of_a_form() -> None:
    form = ET.fromstring(
        f"<x {DATA} type='submit'><field var='a'><value>1</value><value/></field><field var='b'/>"
        "<field><value>x</value></field><field var='a b'><value>2</value></field><other/></x>"
    )
    assert form_values(form) == {"a": ["1", ""], "b": [], "a b": ["2"]}
