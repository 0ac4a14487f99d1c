"""Avatars and questions' pictures over REST, with the real background pool where it matters."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from PIL import Image
from quart import Quart
from quart.datastructures import FileStorage

from db import blobs, pictures
from tests.web.people import PASSWORD, People, Person, Reply, quiz
from tests.workers import uploads
from web.app import create_app
from web.config import Config
from web.services import services_of

AVATAR = "/users/upload-avatar"


@pytest.fixture
def config(config: Config) -> Config:
    """Long enough for a worker that is only just starting."""
    return replace(config, picture_wait_s=30.0, media_url="https://cdn.test")


@pytest_asyncio.fixture
async def impatient(config: Config) -> Any:
    """An app that does not wait for the workers, and allows little."""
    made = create_app(replace(config, picture_wait_s=0.05, media_url=None, picture_quota_bytes=4_000))
    async with made.test_app():
        yield made


async def send(person: Person, path: str, data: bytes, name: str = "picture.jpg", **form: str) -> Reply:
    files: dict[str, Any] = {"file": FileStorage(BytesIO(data), filename=name)}
    return await person.post(path, files=files, form=form)


async def fetch(app: Quart, url: str, **headers: str) -> Any:
    return await app.test_client(use_cookies=False).get(url.removeprefix("https://cdn.test"), headers=headers)


async def question_path(host: Person) -> str:
    made = (await host.post("/quizzes", quiz())).body
    return f"/quizzes/{made['id']}/questions/{made['questions'][0]['id']}/image"


@pytest.mark.usefixtures("background_worker")
async def test_an_avatar_is_there_when_the_reply_is(app: Quart, host: Person) -> None:
    reply = await send(host, AVATAR, uploads.photo(6), name="../../evil.svg")
    assert reply.status == 200, reply.text
    url = reply.body["avatar_url"]
    assert url.startswith("https://cdn.test/media/")
    assert reply.body["picture"] | {"id": ""} == {
        "id": "",
        "status": "ready",
        "url": url,
        "code": None,
        "message": None,
    }
    assert (await host.get("/users/profile")).body["avatar_url"] == url

    served = await fetch(app, url)
    assert served.status_code == 200
    assert served.headers["Content-Type"] == "image/webp"
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert served.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    data = await served.get_data(as_text=False)
    assert Image.open(BytesIO(data)).size == (32, 64)
    assert b"SECRET" not in data
    assert (await fetch(app, url.replace("-1280", "-320"))).status_code == 200

    etag = served.headers["ETag"]
    assert etag.strip('"') in url
    known = await fetch(app, url, **{"If-None-Match": etag})
    assert (known.status_code, await known.get_data(as_text=False)) == (304, b"")
    assert known.headers["Cache-Control"] == served.headers["Cache-Control"]

    # What the worker refuses is told in the reply as well, and the old one stays.
    damaged = await send(host, AVATAR, uploads.jpeg(640, 640)[:-2000])
    assert (damaged.status, damaged.body["code"]) == (422, "picture_damaged")
    bomb = await send(host, AVATAR, uploads.png_bomb())
    assert (bomb.status, bomb.body["code"]) == (422, "picture_too_many_pixels")
    assert (await host.get("/users/profile")).body["avatar_url"] == url


@pytest.mark.usefixtures("background_worker", "control_worker")
async def test_a_questions_picture_is_in_the_quiz_and_in_its_sessions(app: Quart, host: Person) -> None:
    path = await question_path(host)
    reply = await send(host, path, uploads.png(mode="RGBA"))
    assert reply.status == 200, reply.text
    url, quiz_id = reply.body["image_url"], path.split("/")[2]
    assert (await fetch(app, url)).status_code == 200
    read = (await host.get(f"/quizzes/{quiz_id}")).body
    assert read["questions"][0]["image_url"] == url
    session = await host.post(f"/quizzes/{quiz_id}/start")
    assert session.status == 201, session.text
    found = services_of(app)

    def snapshot() -> bytes:
        from db import sessions

        return sessions.snapshot(session.body["id"])

    assert url.encode() in await found.pool.run(snapshot)


@pytest.mark.usefixtures("background_worker")
async def test_a_picture_can_be_removed_and_its_files_go(app: Quart, host: Person) -> None:
    path = await question_path(host)
    quiz_path = "/".join(path.split("/")[:3])
    assert (await send(host, path, uploads.jpeg())).status == 200
    assert (await send(host, AVATAR, uploads.png())).status == 200
    assert (await host.delete(path)).status == 204
    assert (await host.delete("/users/avatar")).status == 204
    assert (await host.get(quiz_path)).body["questions"][0]["image_url"] is None
    assert (await host.get("/users/profile")).body["avatar_url"] is None
    assert (await host.delete(path)).status == 204  # twice is harmless
    await swept(app, (await host.get("/users/profile")).body["id"])


@pytest.mark.usefixtures("background_worker")
async def test_with_the_account_its_pictures_go(app: Quart, host: Person) -> None:
    assert (await send(host, await question_path(host), uploads.jpeg())).status == 200
    assert (await send(host, AVATAR, uploads.png())).status == 200
    user_id = (await host.get("/users/profile")).body["id"]
    farewell = await host.ask("DELETE", "/users/profile", {"password": PASSWORD})
    assert farewell.status == 204, farewell.text
    await swept(app, user_id)


async def swept(app: Quart, user_id: str) -> None:
    """Waits until the worker has noted that nothing shows the pictures any more; a day later their files are gone."""
    found = services_of(app)
    async with asyncio.timeout(20):
        while not await found.pool.run(_all_unused, user_id):  # noqa: ASYNC110  # a process of its own does it
            await asyncio.sleep(0.05)
    await found.pool.run(lambda: pictures.sweep(user_id, found.blobs.delete, grace_s=0))
    assert _files(found.config.blobs) == []


def _files(folder: str) -> list[Path]:
    return [path for path in Path(folder).rglob("*") if path.is_file()]


def _all_unused(owner_id: str) -> bool:
    rows = list(pictures.Picture.select().where(pictures.Picture.owner_id == owner_id).dicts())
    return bool(rows) and all(row["unused_at"] is not None for row in rows)


async def test_until_it_is_ready_the_old_one_is_shown_and_the_upload_can_be_followed(
    impatient: Quart,
) -> None:
    host = await People(impatient).user()
    other = await People(impatient).user()
    reply = await send(host, AVATAR, uploads.jpeg())
    assert reply.status == 202
    assert reply.body["avatar_url"] is None
    assert reply.body["picture"]["status"] == "pending"
    status = await host.get(reply.headers["Location"])
    assert status.body == reply.body["picture"]
    assert (await other.get(reply.headers["Location"])).status == 404
    assert (await People(impatient).guest().get(reply.headers["Location"])).status == 401

    # As the worker does it.
    found, picture_id = services_of(impatient), reply.body["picture"]["id"]
    await found.pool.run(pictures.finish, picture_id, "0" * 40, 3, lambda: None)
    await found.blobs.put_async(blobs.media(pictures.file_name("0" * 40, 1280)), b"abc")
    old = f"/media/{'0' * 40}-1280.webp"
    assert (await host.get(reply.headers["Location"])).body["url"] == old

    again = await send(host, AVATAR, uploads.png())
    assert (again.status, again.body["avatar_url"]) == (202, old)
    assert (await (await fetch(impatient, old)).get_data(as_text=False)) == b"abc"
    await found.pool.run(pictures.fail, again.body["picture"]["id"], "picture_damaged", "Save it again.")
    failed = (await host.get(again.headers["Location"])).body
    assert (failed["status"], failed["code"], failed["message"]) == (
        "failed",
        "picture_damaged",
        "Save it again.",
    )
    assert (await host.get("/users/profile")).body["avatar_url"] == old


async def test_the_quota_is_for_all_pictures_of_a_user(impatient: Quart) -> None:
    host = await People(impatient).user()
    path = await question_path(host)
    upload = uploads.png(40, 40) + bytes(2_500)
    assert (await send(host, AVATAR, upload)).status == 202
    refused = await send(host, path, upload)
    assert (refused.status, refused.body["code"]) == (409, "picture_quota_exceeded")
    assert (await send(await People(impatient).user(), AVATAR, upload)).status == 202


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (uploads.SVG, 415, "unsupported_picture"),
        (uploads.GIF, 415, "unsupported_picture"),
        (b"", 415, "unsupported_picture"),
        (b"RIFF\x00\x00\x00\x00WAVE", 415, "unsupported_picture"),
        (uploads.jpeg() + bytes(5 * 1024 * 1024), 413, "payload_too_large"),
        (uploads.jpeg() + bytes(6 * 1024 * 1024), 413, "payload_too_large"),
    ],
)
async def test_what_is_no_picture_never_gets_to_a_worker(
    app: Quart, host: Person, data: bytes, status: int, code: str
) -> None:
    reply = await send(host, AVATAR, data, "picture.png")
    assert (reply.status, reply.body["code"]) == (status, code)
    path = await question_path(host)
    reply = await send(host, path, data, "picture.png")
    assert (reply.status, reply.body["code"]) == (status, code)
    assert not await services_of(app).pool.run(lambda: bool(list(pictures.Picture.select())))


async def test_a_size_that_is_too_large_is_refused_before_a_byte_is_read(host: Person) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": str(6 * 1024 * 1024)}
    reply = await host.post(AVATAR, data=b"", headers=headers)
    assert (reply.status, reply.body["code"]) == (413, "payload_too_large")


async def test_a_form_without_a_length_is_not_read_to_its_end(app: Quart, host: Person) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Authorization": f"Bearer {host.token}"}
    connection = app.test_client(use_cookies=False).request(AVATAR, method="POST", headers=headers)
    async with connection as sending:
        await sending.send(b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n')
        for _ in range(6):
            await sending.send(b"\xff\xd8" + b"x" * 1024 * 1024)
        document = await asyncio.wait_for(sending.receive(), 10)  # nobody has said that this was all
    assert (sending.status_code, msgspec.json.decode(document)["code"]) == (413, "payload_too_large")


async def test_a_form_with_anything_else_is_refused(host: Person) -> None:
    assert (await send(host, AVATAR, uploads.jpeg(), title="x")).status == 422
    assert (await host.post(AVATAR, {"file": "x"})).status == 415
    assert (await host.post(AVATAR, form={"file": "x"})).status == 415  # of the other kind, without files
    file = FileStorage(BytesIO(uploads.jpeg()), filename="a.jpg")
    assert (await host.post(AVATAR, files={"picture": file})).status == 422


async def test_only_the_owner_changes_the_pictures_of_a_quiz(people: People, host: Person) -> None:
    path = await question_path(host)
    for somebody, status in ((people.guest(), 401), (await people.user(), 404)):
        assert (await send(somebody, path, uploads.jpeg())).status == status
    assert (await send(people.guest(), AVATAR, uploads.jpeg())).status == 401
    *_, question_id, _ = path.split("/")
    other_path = await question_path(host)
    mixed = other_path.replace(other_path.split("/")[4], question_id)
    for wrong in (mixed, path.replace(question_id, "x"), path.replace(path.split("/")[2], "x")):
        reply = await send(host, wrong, uploads.jpeg())
        assert (reply.status, reply.body["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "name",
    [
        "../uploads/secret",
        "..%2Fuploads%2Fsecret",
        "%2e%2e/uploads/secret",
        "..%5Cuploads%5Csecret",
        "....//uploads/secret",
        "/etc/passwd",
        "%2Fetc%2Fpasswd",
        "secret",
        f"{'0' * 40}-1280.webp%00",
        f"{'0' * 40}-1280.webp%0a",
        f"{'0' * 40}-640.webp",
        f"{'0' * 39}-1280.webp",
        f"{'A' * 40}-1280.webp",
        f"{'0' * 40}-1280.svg",
        f"{'0' * 40}-320.webp",
    ],
)
async def test_nothing_but_pictures_can_be_fetched(app: Quart, people: People, name: str) -> None:
    for path in (blobs.upload("secret"), blobs.media("secret")):
        await services_of(app).blobs.put_async(path, b"secret")
    reply = await people.guest().get(f"/media/{name}")
    assert (reply.status, reply.body["code"]) == (404, "not_found")
    assert reply.headers["Cache-Control"] == "no-store"


async def test_when_the_store_is_away_the_upload_has_failed(
    app: Quart, host: Person, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(services_of(app), "blobs", blobs.Blobs(str(tmp_path / "file")))
    reply = await send(host, AVATAR, uploads.jpeg())
    assert (reply.status, reply.body["code"]) == (503, "unavailable")
    rows = await services_of(app).pool.run(lambda: list(pictures.Picture.select().dicts()))
    assert [(row["status"], row["code"], row["bytes"]) for row in rows] == [("failed", "picture_lost", 0)]
