"""The cable: stanzas are cut out of the stream exactly, whatever the pieces that they come in."""

from __future__ import annotations

import random

from tests.faults.cable import Splitter

OPENING = b"<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' xmlns:stream='s' id='1'>"
STANZAS = [
    b"<presence to='a@b'/>",
    b"<message>/></message>",
    b"<iq></iq>",
    b"<message><body>a &gt; b \xc3\xa4</body></message>",
    b"\n <iq id='1'><query xmlns='x'/></iq>",
    b"<message to='c'><body><![CDATA[<message/>]]></body ></message >",
    b"<presence/>",
]
END = b"</stream:stream>"


def test_each_stanza_is_a_piece_however_the_bytes_come() -> None:
    whole = [OPENING, *STANZAS, END]
    data = b"".join(whole)
    dice = random.Random(7)
    for _ in range(50):
        cuts = sorted(dice.sample(range(1, len(data)), 12))
        splitter, pieces = Splitter(), []
        for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
            pieces += splitter.feed(data[begin:end])
        assert pieces == whole


def test_a_stanza_comes_out_as_soon_as_it_is_complete() -> None:
    splitter = Splitter()
    assert splitter.feed(OPENING) == [OPENING]
    assert splitter.feed(STANZAS[0][:-1]) == []
    assert splitter.feed(STANZAS[0][-1:]) == [STANZAS[0]]
