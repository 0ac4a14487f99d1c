"""Frames as bytes, read back by an independent WebSocket implementation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import TextMessage

from web.gateway.sink import _payloads, frame
from web.gateway.takeover import hypercorn_below


@given(st.text(max_size=300))
@pytest.mark.parametrize("padding", [0, 126, 65_530])
def test_a_frame_is_one_text_message(padding, text):
    payload = (text + "x" * padding).encode()
    reader = Connection(ConnectionType.CLIENT)
    reader.receive_data(frame(payload))
    events = list(reader.events())
    assert all(isinstance(event, TextMessage) for event in events)
    assert "".join(event.data for event in events) == payload.decode()
    assert events[-1].message_finished
    assert list(_payloads(frame(payload))) == [payload]


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536])
def test_lengths_at_the_borders_of_the_header(length):
    payload = b"x" * length
    assert list(_payloads(frame(b"before") + frame(payload) + frame(b"after"))) == [
        b"before",
        payload,
        b"after",
    ]


def test_a_server_that_is_not_hypercorn_has_no_transport_to_write_to():
    async def send(message: dict) -> None: ...

    assert hypercorn_below(send) is None
