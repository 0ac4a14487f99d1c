"""The actors of the background pool on real servers: once is once, the newest wins, and nothing in use is deleted."""

from __future__ import annotations

from typing import Any

import pytest

from db import blobs, pictures, quizzes, sessions, users
from db.errors import Conflict, Unavailable
from db.ids import new_id
from tests.workers import uploads
from workers.actors.make_picture import drop_pictures, make_picture
from workers.deps import Deps

MIB = 1024 * 1024
OPTIONS = [{"text": "right", "is_correct": True}, {"text": "wrong", "is_correct": False}]
DRAFT = {"title": "One", "questions": [{"title": "First?", "options": OPTIONS}]}


@pytest.fixture
def owner(deps: Deps) -> str:
    return deps.pool.call(users.create, "ann@example.org", "hash", "Ann")["id"]


@pytest.fixture
def quiz(deps: Deps, owner: str) -> dict[str, Any]:
    return deps.pool.call(quizzes.create, owner, DRAFT)


def staged(
    deps: Deps, owner: str, data: bytes, question: tuple[str, str] | None = None, quota: int = MIB
) -> str:
    picture = deps.pool.call(pictures.create, owner, question, len(data), quota)
    deps.blobs.put(blobs.upload(picture["id"]), data)
    return picture["id"]


def uploaded(deps: Deps, owner: str, data: bytes, question: tuple[str, str] | None = None) -> dict[str, Any]:
    picture_id = staged(deps, owner, data, question)
    make_picture(deps, picture_id)
    return deps.pool.call(pictures.get, picture_id)


def place(quiz: dict[str, Any]) -> tuple[str, str]:
    return quiz["id"], quiz["questions"][0]["id"]


def files(deps: Deps, picture: dict[str, Any]) -> list[bytes | None]:
    names = [pictures.file_name(picture["name"], size) for size in (pictures.LARGE, pictures.SMALL)]
    return [deps.blobs.get(blobs.media(name)) for name in names]


def avatar(deps: Deps, owner: str) -> str | None:
    return deps.pool.call(users.get, owner)["avatar_url"]


def sweep(deps: Deps, owner: str) -> None:
    drop_pictures(deps, owner, grace_s=0.0)


def test_an_avatar_is_shown_when_its_files_are_there(deps, owner):
    picture_id = staged(deps, owner, uploads.jpeg())
    assert avatar(deps, owner) is None
    make_picture(deps, picture_id)
    picture = deps.pool.call(pictures.get, picture_id)
    assert (picture["status"], avatar(deps, owner)) == ("ready", pictures.url_of(picture["name"]))
    large, small = files(deps, picture)
    assert picture["bytes"] == len(large) + len(small)
    assert deps.blobs.get(blobs.upload(picture_id)) is None


def test_a_second_delivery_changes_nothing_and_whoever_waits_is_told(deps, owner):
    heard: list[bytes] = []

    async def listen() -> None:
        async def on_message(message: Any) -> None:
            heard.append(message.data)

        await deps.connection.client.subscribe("told", cb=on_message)
        await deps.connection.client.flush()

    deps.connection.run(listen())
    picture = uploaded(deps, owner, uploads.jpeg())
    make_picture(deps, picture["id"], "told")
    make_picture(deps, new_id(), "told")
    deps.connection.flush()
    deps.connection.flush()
    assert len(heard) == 2
    assert deps.pool.call(pictures.get, picture["id"]) == picture


def test_a_refused_one_says_why_and_leaves_the_old_one(deps, owner):
    old = uploaded(deps, owner, uploads.jpeg())
    bad = uploaded(deps, owner, uploads.jpeg(640, 640)[:-2000])
    assert (bad["status"], bad["code"], bad["bytes"]) == ("failed", "picture_damaged", 0)
    assert "save it again" in bad["message"]
    assert avatar(deps, owner) == pictures.url_of(old["name"])
    assert deps.blobs.get(blobs.upload(bad["id"])) is None


def test_an_upload_that_was_lost_has_failed(deps, owner):
    picture_id = deps.pool.call(pictures.create, owner, None, 10, MIB)["id"]
    make_picture(deps, picture_id)
    assert deps.pool.call(pictures.get, picture_id)["code"] == "picture_lost"


def test_an_upload_that_kills_its_workers_is_given_up(deps, owner):
    picture_id = staged(deps, owner, uploads.jpeg())
    for _ in range(3):
        deps.pool.call(pictures.attempt, picture_id)  # and then the process died
    make_picture(deps, picture_id)
    assert deps.pool.call(pictures.get, picture_id)["code"] == "picture_damaged"


def test_while_the_store_is_away_nothing_is_lost_and_nobody_to_blame(deps, owner, monkeypatch):
    picture_id = staged(deps, owner, uploads.jpeg())
    put = deps.blobs.put

    def away(path: str, data: bytes) -> None:
        raise Unavailable("away")

    monkeypatch.setattr(deps.blobs, "put", away)
    for _ in range(5):
        with pytest.raises(Unavailable):
            make_picture(deps, picture_id)
    assert deps.pool.call(pictures.get, picture_id)["status"] == "pending"
    assert avatar(deps, owner) is None
    monkeypatch.setattr(deps.blobs, "put", put)
    make_picture(deps, picture_id)
    assert deps.pool.call(pictures.get, picture_id)["status"] == "ready"


def test_of_two_uploads_the_newer_is_shown_whoever_is_done_first(deps, owner):
    first = staged(deps, owner, uploads.jpeg())
    second = staged(deps, owner, uploads.png(40, 40))
    make_picture(deps, second)
    make_picture(deps, first)
    newer = deps.pool.call(pictures.get, second)
    assert avatar(deps, owner) == pictures.url_of(newer["name"])
    assert deps.pool.call(pictures.get, first)["code"] == "picture_superseded"


def test_a_question_whose_quiz_is_replaced_keeps_its_picture(deps, owner, quiz):
    picture = uploaded(deps, owner, uploads.jpeg(), place(quiz))
    changed = {**DRAFT, "questions": [{**DRAFT["questions"][0], "id": place(quiz)[1]}]}
    replaced = deps.pool.call(quizzes.replace, quiz["id"], changed)
    assert replaced["questions"][0]["image_url"] == pictures.url_of(picture["name"])
    sweep(deps, owner)
    assert None not in files(deps, picture)


def test_a_question_that_is_gone_gets_none(deps, owner, quiz):
    picture_id = staged(deps, owner, uploads.jpeg(), place(quiz))
    deps.pool.call(quizzes.replace, quiz["id"], DRAFT)
    make_picture(deps, picture_id)
    picture = deps.pool.call(pictures.get, picture_id)
    assert (picture["status"], picture["code"]) == ("failed", "not_found")


def test_a_replaced_picture_goes_after_a_while(deps, owner):
    old = uploaded(deps, owner, uploads.jpeg())
    uploaded(deps, owner, uploads.png(40, 40))
    drop_pictures(deps, owner)
    assert None not in files(deps, old)  # still within the grace
    sweep(deps, owner)
    assert files(deps, old) == [None, None]
    assert deps.pool.call(pictures.get, old["id"]) is None


def test_what_is_shown_again_within_the_grace_stays(deps, owner):
    old = uploaded(deps, owner, uploads.jpeg())
    new = uploaded(deps, owner, uploads.png(40, 40))  # marks the old one as unused
    deps.pool.call(users.update, owner, avatar_url=pictures.url_of(old["name"]))
    sweep(deps, owner)
    assert None not in files(deps, old)
    sweep(deps, owner)
    assert files(deps, new) == [None, None]


def test_the_pictures_of_a_deleted_quiz_go(deps, owner, quiz):
    picture = uploaded(deps, owner, uploads.jpeg(), place(quiz))
    deps.pool.call(quizzes.delete, quiz["id"])
    sweep(deps, owner)
    assert files(deps, picture) == [None, None]


def test_what_was_played_stays(deps, owner, quiz):
    played = uploaded(deps, owner, uploads.jpeg(), place(quiz))
    snapshot = deps.pool.call(quizzes.snapshot, quiz["id"], "https://cdn.example.org")
    assert f"https://cdn.example.org{pictures.url_of(played['name'])}".encode() in snapshot
    deps.pool.call(sessions.create, quiz["id"], owner, snapshot, "host", "flat")
    uploaded(deps, owner, uploads.png(40, 40), place(quiz))
    sweep(deps, owner)
    assert None not in files(deps, played)


def test_files_that_two_pictures_share_stay_until_both_are_gone(deps, owner, quiz):
    other = deps.pool.call(users.create, "bob@example.org", "hash", "Bob")["id"]
    mine = uploaded(deps, owner, uploads.jpeg())
    theirs = uploaded(deps, other, uploads.jpeg())
    assert mine["name"] == theirs["name"]
    deps.pool.call(users.update, owner, avatar_url=None)
    deps.pool.call(users.update, other, avatar_url=None)
    sweep(deps, owner)
    assert None not in files(deps, theirs)
    sweep(deps, other)
    assert files(deps, theirs) == [None, None]


def test_the_same_picture_again_takes_no_more_of_the_quota(deps, owner):
    first = uploaded(deps, owner, uploads.jpeg())
    again = uploaded(deps, owner, uploads.jpeg())
    assert deps.pool.call(pictures.get, first["id"]) is None
    assert None not in files(deps, again)


def test_the_quota_counts_what_waits_and_what_is_kept(deps, owner):
    waiting = staged(deps, owner, uploads.jpeg(), quota=5_000)
    with pytest.raises(Conflict) as refused:
        deps.pool.call(pictures.create, owner, None, 5_000, 5_000)
    assert refused.value.code == "picture_quota_exceeded"
    make_picture(deps, waiting)  # much smaller than what was sent
    kept = deps.pool.call(pictures.get, waiting)["bytes"]
    deps.pool.call(pictures.create, owner, None, 5_000 - kept, 5_000)
    with pytest.raises(Conflict):
        deps.pool.call(pictures.create, owner, None, 1, 5_000)


def test_what_came_to_nothing_is_forgotten(deps, owner):
    picture_id = staged(deps, owner, uploads.jpeg())
    deps.pool.call(pictures.sweep, owner, deps.blobs.delete)
    assert deps.pool.call(pictures.get, picture_id) is not None
    deps.pool.call(pictures.sweep, owner, deps.blobs.delete, stale_s=0.0)
    assert deps.pool.call(pictures.get, picture_id) is None
    assert deps.blobs.get(blobs.upload(picture_id)) is None
