"""Frames read as an independent implementation reads them: whole, cut anywhere, and broken."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import example, given
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Message, TextMessage
from wsproto.events import Ping as WsprotoPing
from wsproto.frame_protocol import CloseReason

from scripts.framecases.bytes import frame
from web.gateway.frame_reader import Broken, Closing, Control, FrameReader, Ping, unmasked

LARGEST = 4096


def pieces(data: bytes, cuts: Iterable[int]) -> list[bytes]:
    at = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:stop] for start, stop in zip(at, at[1:], strict=False)]


def ours(parts: Iterable[bytes]) -> list[object]:
    """Everything but what is of no interest, up to the end that the reader gives."""
    reader = FrameReader(LARGEST)
    seen: list[object] = []
    for part in parts:
        for one in reader.read(part):
            if not isinstance(one, Control):
                seen.append(one)
            if isinstance(one, Closing | Broken):
                return seen
    return seen


def theirs(data: bytes) -> list[object]:
    connection = Connection(ConnectionType.SERVER)
    connection.receive_data(data)
    seen: list[object] = []
    whole: list[str | bytes] = []
    for event in connection.events():
        if isinstance(event, Message):
            whole.append(event.data if isinstance(event, TextMessage) else bytes(event.data))
            if event.message_finished:
                seen.append(whole[0][:0].join(whole))  # type: ignore[arg-type]
                whole = []
        elif isinstance(event, WsprotoPing):
            seen.append(Ping(bytes(event.payload)))
        elif isinstance(event, CloseConnection):
            if connection.state.name == "OPEN":
                bad = event.code == CloseReason.INVALID_FRAME_PAYLOAD_DATA
                seen.append(Broken.NOT_UTF8 if bad else Broken.PROTOCOL)
            else:
                code = int(event.code)
                seen.append(Closing(None if code == CloseReason.NO_STATUS_RCVD else code))
            break
    return seen


@given(
    st.lists(st.text(max_size=300) | st.binary(max_size=300), max_size=5),
    st.lists(st.integers(0), max_size=9),
)
def test_whatever_a_client_sends_comes_out_wherever_it_is_cut(
    messages: list[str | bytes], cuts: list[int]
) -> None:
    client = Connection(ConnectionType.CLIENT)
    kinds = {str: TextMessage, bytes: BytesMessage}
    data = b"".join(client.send(kinds[type(one)](data=one)) for one in messages)  # type: ignore[arg-type]
    assert ours(pieces(data, cuts)) == messages


FRAMES = st.builds(
    frame,
    st.sampled_from([0, 1, 2, 8, 9, 10]) | st.integers(0, 15),
    st.binary(max_size=140) | st.text(max_size=70).map(str.encode) | st.integers(0, 5100).map(lambda code: code.to_bytes(2, "big")),
    fin=st.booleans() | st.just(True),
    rsv=st.just(0) | st.integers(0, 7),
    masked=st.just(True) | st.booleans(),
)  # fmt: skip


@given(st.lists(FRAMES, max_size=8), st.lists(st.integers(0), max_size=9))
@example([frame(1, b"\xe2", fin=False), frame(9, b"x"), frame(0, b"\x82\xac")], [1, 2, 3])
@example([frame(8, (1014).to_bytes(2, "big"))], [])
def test_any_frames_mean_what_they_mean_elsewhere(frames: list[bytes], cuts: list[int]) -> None:
    data = b"".join(frames)
    expected = theirs(data)
    if frame(8, (1014).to_bytes(2, "big")) in frames and expected[-1:] == [Broken.PROTOCOL]:
        expected[-1] = Closing(1014)  # registered after wsproto's list was made
    assert ours(pieces(data, cuts)) == expected


@given(st.binary(min_size=4, max_size=4), st.binary(max_size=70))
def test_the_mask_is_that_of_rfc_6455(key: bytes, data: bytes) -> None:
    assert unmasked(key, data) == bytes(byte ^ key[index % 4] for index, byte in enumerate(data))


def test_a_ping_inside_a_message_does_not_count_to_its_size() -> None:
    almost = frame(1, b"x" * (LARGEST - 1), fin=False)
    parts = [almost, frame(9, b"y" * 125), frame(0, b"x")]
    assert ours(parts) == [Ping(b"y" * 125), "x" * LARGEST]
    assert ours([almost, frame(0, b"xx")]) == [Broken.TOO_LARGE]
    assert ours([frame(1, b"", length=LARGEST + 1, length_bytes=2)]) == [Broken.TOO_LARGE]
