"""What is read at one look is what h11 reads; what h11 refuses is never taken."""

from __future__ import annotations

import h11
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from web.serving.plain import BODY_BYTES, HEAD_BYTES, Plain, Unlike, read

GET = b"GET /x?a=b HTTP/1.1\r\nHost: quiz\r\n%b\r\n"
POST = b"POST /x HTTP/1.1\r\nHost: quiz\r\n%b\r\n%b"


def by_h11(data: bytes) -> tuple[h11.Request, bytes, bytes]:
    """The first request, its body, and what follows. Raises h11.RemoteProtocolError."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(data)
    request = connection.next_event()
    assert isinstance(request, h11.Request), request
    body = b""
    while isinstance(event := connection.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage), event
    return request, body, connection.trailing_data[0]


PIECES = st.sampled_from(
    [
        b"GET", b"POST", b"get", b"PRI", b"/", b"*", b"/\x7f", b"http://a/", b" ", b"  ", b"\t", b"HTTP/1.1", b"HTTP/1.0",
        b"HTTP/2.0", b"\r\n", b"\r\n", b"\r\n", b"\r\n\r\n", b"\n", b"\r", b"\x00", b"\x0b", b"\xe9", b":", b"Host: a\r\n",
        b"host: b\r\n", b"Content-Length: 3\r\n", b"Content-Length: 03\r\n", b"Content-Length: +3\r\n", b"Content-Length: 3, 3\r\n",
        b"content-length:4\r\n", b"Content-Length : 3\r\n", b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n",
        b"Connection: close\r\n", b"Connection: Upgrade\r\n", b"Upgrade: websocket\r\n", b"X-A: \t b \t c\t \r\n", b"X-B:\r\n",
        b" folded\r\n", b"abc", b"3\r\nabc\r\n0\r\n\r\n",
    ]
)  # fmt: skip
NEAR = st.builds(
    lambda line, fields, body: line + b"".join(fields) + b"\r\n" + body,
    st.sampled_from([b"GET / HTTP/1.1\r\n", b"POST /x%20y?q HTTP/1.1\r\n", b"HEAD / HTTP/1.1\r\n"]),
    st.lists(PIECES | st.just(b"Host: quiz\r\n"), max_size=5),
    st.binary(max_size=6) | PIECES,
)


@given(NEAR | st.lists(PIECES, max_size=12).map(b"".join))
@example(GET % b"X: a\r\n\tb\r\n")
@example(GET % b"Content-Length: 0\r\nContent-Length: 0\r\n")
@example(POST % (b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", b"3\r\nabc\r\n0\r\n\r\n"))
@settings(max_examples=3000, deadline=None)
def test_what_is_taken_h11_reads_alike(data: bytes) -> None:
    found = read(data)
    if not isinstance(found, Plain):
        return
    request, body, rest = by_h11(data)
    assert (found.method, found.target) == (request.method.decode(), request.target)
    assert found.headers == list(request.headers)
    assert found.body == body
    assert data[found.size :] == rest
    connection = [
        option.strip()
        for name, value in request.headers
        if name == b"connection"
        for option in value.lower().split(b",")
    ]
    assert found.last == (b"close" in connection)


@pytest.mark.parametrize(
    "data",
    [
        GET % b"",
        GET % b"Connection: keep-alive\r\nX-Empty:\r\nX-Spaced: \t a b \t\r\nX-Late: caf\xe9\r\n",
        GET % b"Connection: Upgrade, keep-alive\r\nUpgrade: websocket\r\n",
        POST % (b"Content-Length: 3\r\n", b"abc") + GET % b"",
    ],
)
def test_what_clients_send_is_taken(data: bytes) -> None:
    assert isinstance(read(data), Plain)


@pytest.mark.parametrize(
    "more",
    [
        b"Host: again\r\n",
        b"Content-Length: 3\r\nContent-Length: 3\r\n",
        b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Content-Length: 3, 3\r\n",
        b"Content-Length: -3\r\n",
        b"Content-Length: 0x3\r\n",
        b"Content-Length: %d\r\n" % (BODY_BYTES + 1),
        b"Content-Length : 3\r\n",
        b"Expect: 100-continue\r\n",
        b"X: a\r\n b\r\n",
        b"X: a\nY: b\r\n",
        b"X: a\rb\r\n",
        b"X: a\x00b\r\n",
        b"X a: b\r\n",
        b": b\r\n",
        b"Connection: upgrade\r\nUpgrade: h2c\r\n",
        b"Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n",
        b"Connection: close\r\nConnection: close\r\n",
    ],
)
def test_what_is_unusual_is_left_to_h11(more: bytes) -> None:
    assert read(GET % more + b"abc") is Unlike.OTHER


@pytest.mark.parametrize(
    "line",
    [b"GET / HTTP/1.0", b"GET  / HTTP/1.1", b"GET /\xe9 HTTP/1.1", b"GET http://quiz/ HTTP/1.1", b"OPTIONS * HTTP/1.1", b"PRI * HTTP/2.0", b"GET / HTTP/1.1 "],
)  # fmt: skip
def test_unusual_first_lines_are_left_to_h11(line: bytes) -> None:
    assert read(line + b"\r\nHost: quiz\r\n\r\n") is Unlike.OTHER


def test_what_has_not_all_come_may_still_become_one() -> None:
    whole = POST % (b"Content-Length: 3\r\n", b"abc")
    assert {read(whole[:size]) for size in range(len(whole))} == {Unlike.PARTIAL}
    assert read(b"GET / HTTP/1.1\r\nX: " + b"a" * HEAD_BYTES) is Unlike.OTHER


def test_hostile_heads_are_looked_at_once() -> None:
    """Patterns that try again from every place of a run would take minutes for these."""
    for run in (b" ", b"a", b"a:\r\n", b"\t a"):
        head = b"GET / HTTP/1.1\r\nHost: a\r\nX:" + run * (HEAD_BYTES // len(run) // 2) + b"\x00\r\n\r\n"
        assert read(head) is Unlike.OTHER
