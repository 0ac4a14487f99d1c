"""The blob store, in a folder and on S3."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from db import blobs
from db.blobs import Blobs
from db.errors import Unavailable


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket of moto's S3, on a port of its own."""
    server_module = pytest.importorskip("moto.server", reason="moto's S3 server is not installed")
    server = server_module.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    with urlopen(Request(f"{endpoint}/pictures", method="PUT"), timeout=10):
        pass
    yield "s3://pictures/quizwire"
    server.stop()


@pytest.fixture(params=["folder", "file", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "s3":
        found: str = request.getfixturevalue("s3")
        return found
    return str(tmp_path / "b") if request.param == "folder" else f"file://{tmp_path}/b"


async def test_what_is_put_can_be_got_until_it_is_deleted(place: str) -> None:
    store = Blobs(place)
    path = blobs.media("a-320.webp")
    assert store.get(path) is None
    store.put(path, b"one")
    store.put(path, b"two")
    assert store.get(path) == b"two"
    assert Blobs(place).get(path) == b"two"
    store.delete(path)
    store.delete(path)
    assert store.get(path) is None

    await store.put_async(path, b"three")
    assert await store.get_async(path) == b"three" == store.get(path)
    await store.delete_async(path)
    await store.delete_async(path)
    assert await store.get_async(path) is None


async def test_a_store_that_is_away_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Blobs(str(tmp_path / "file"))
    with pytest.raises(Unavailable):
        store.put("media/x", b"")
    with pytest.raises(Unavailable):
        await store.get_async("media/x")


def test_two_prefixes_of_one_bucket_do_not_meet(s3: str) -> None:
    Blobs(s3).put("media/x", b"1")
    assert Blobs("s3://pictures/other").get("media/x") is None
    assert Blobs("s3://pictures").get("quizwire/media/x") == b"1"
