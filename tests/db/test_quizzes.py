"""Quizzes: authoring, paging, and the snapshot a session is played from."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bus.messages import Quiz
from db import quiz_copies, quiz_lists, quizzes, sessions, users
from db.errors import Conflict, InvalidCursor, InvalidOrder, InvalidText, NotFound, Stale
from db.ids import new_id
from db.pool import Pool
from tests.db.conftest import question

Call = Callable[..., Any]


def test_a_quiz_comes_back_as_it_was_written(call: Call, host: dict[str, Any]) -> None:
    draft = {
        "title": "Tea",
        "description": "About tea",
        "questions": [
            question(
                "Tab\there, newline\nhere, back\\slash, \\N", explanation="\\.", time_limit_s=30, weight=0
            ),
            {
                "title": "Four",
                "image_url": "/i.png",
                "options": [{"text": str(n), "is_correct": n == 3} for n in range(4)],
            },
        ],
    }
    quiz = call(quizzes.create, host["id"], draft)
    first, second = quiz["questions"]
    assert quiz == {
        "id": quiz["id"],
        "owner_id": host["id"],
        "title": "Tea",
        "description": "About tea",
        "status": "DRAFT",
        "visibility": "private",
        "tags": [],
        "revision": 1,
        "created_at": quiz["created_at"],
        "updated_at": quiz["created_at"],
        "questions": [
            {
                "id": first["id"],
                "title": "Tab\there, newline\nhere, back\\slash, \\N",
                "explanation": "\\.",
                "time_limit_s": 30,
                "weight": 0,
                "image_url": None,
                "options": [
                    {"key": "A", "text": "4", "is_correct": True},
                    {"key": "B", "text": "5", "is_correct": False},
                ],
            },
            {
                "id": second["id"],
                "title": "Four",
                "explanation": None,
                "time_limit_s": None,
                "weight": 1,
                "image_url": "/i.png",
                "options": [
                    {"key": k, "text": t, "is_correct": k == "D"} for k, t in zip("ABCD", "0123", strict=True)
                ],
            },
        ],
    }
    assert call(quizzes.get, quiz["id"]) == quiz


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(title=st.text(), text=st.text())
def test_any_text_is_stored_exactly_or_refused(
    call: Call, host: dict[str, Any], title: str, text: str
) -> None:
    draft = {
        "title": title,
        "questions": [{"title": text, "options": [{"text": text, "is_correct": True}]}],
    }
    if "\x00" in title + text:
        with pytest.raises(InvalidText):
            call(quizzes.create, host["id"], draft)
        return
    quiz = call(quizzes.create, host["id"], draft)
    assert quiz["title"] == title
    assert quiz["questions"][0]["title"] == text
    assert quiz["questions"][0]["options"][0]["text"] == text


@pytest.mark.parametrize("bad", ["nul \x00", "half \ud800"])
def test_text_that_cannot_be_stored_leaves_nothing_behind(
    call: Call, host: dict[str, Any], quiz: dict[str, Any], bad: str
) -> None:
    draft = {"title": "New", "questions": [question(), question(bad)]}
    with pytest.raises(InvalidText):
        call(quizzes.create, host["id"], draft)
    with pytest.raises(InvalidText):
        call(quizzes.replace, quiz["id"], draft)
    assert call(quizzes.get, quiz["id"]) == quiz
    assert len(call(quiz_lists.page, host["id"])[0]) == 1


def test_two_correct_options_are_refused_and_the_old_content_stays(call: Call, quiz: dict[str, Any]) -> None:
    both = question()
    both["options"] = [{"text": "x", "is_correct": True}, {"text": "y", "is_correct": True}]
    with pytest.raises(Exception, match="one_correct"):
        call(quizzes.replace, quiz["id"], {"title": "New", "questions": [both]})
    assert call(quizzes.get, quiz["id"]) == quiz


def test_ten_thousand_questions_are_stored_in_order(call: Call, host: dict[str, Any]) -> None:
    draft = {"title": "Big", "questions": [question(f"Question {n}") for n in range(10_000)]}
    quiz = call(quizzes.create, host["id"], draft)
    assert [one["title"] for one in quiz["questions"]] == [f"Question {n}" for n in range(10_000)]
    reversed_draft = quiz | {"questions": quiz["questions"][::-1]}
    replaced = call(quizzes.replace, quiz["id"], reversed_draft)
    assert replaced["questions"] == quiz["questions"][::-1]


def test_replacing_keeps_the_ids_and_images_of_questions_that_are_named(
    call: Call, quiz: dict[str, Any]
) -> None:
    first, second = quiz["questions"]
    call(quizzes.set_question_image, quiz["id"], second["id"], "/two.png")
    replaced = call(
        quizzes.replace,
        quiz["id"],
        {
            "title": "New",
            "questions": [
                question("new"),
                question("second", id=second["id"]),
                question("strange", id=new_id()),
            ],
        },
    )
    assert (replaced["title"], replaced["description"]) == ("New", "")
    new, kept, strange = replaced["questions"]
    assert (kept["id"], kept["title"], kept["image_url"]) == (second["id"], "second", "/two.png")
    assert not {new["id"], strange["id"]} & {first["id"], second["id"]}
    assert replaced["created_at"] == quiz["created_at"] < replaced["updated_at"]
    cleared = call(
        quizzes.replace, quiz["id"], {"title": "N", "questions": [question(id=second["id"], image_url=None)]}
    )
    assert cleared["questions"][0]["image_url"] is None


def test_an_id_named_twice_or_of_another_quiz_is_not_stolen(
    call: Call, host: dict[str, Any], quiz: dict[str, Any], draft: dict[str, Any]
) -> None:
    other = call(quizzes.create, host["id"], draft)
    foreign, own = other["questions"][0]["id"], quiz["questions"][0]["id"]
    replaced = call(
        quizzes.replace,
        quiz["id"],
        {"title": "N", "questions": [question(id=own), question(id=own), question(id=foreign)]},
    )
    ids = [one["id"] for one in replaced["questions"]]
    assert ids[0] == own and len(set(ids)) == 3 and foreign not in ids
    assert call(quizzes.get, other["id"]) == other


def test_paging_shows_every_quiz_once_newest_first(call: Call, host: dict[str, Any]) -> None:
    made = [call(quizzes.create, host["id"], {"title": f"Quiz {n}", "questions": []})["id"] for n in range(7)]
    seen: list[str] = []
    cursor = None
    while True:
        items, cursor = call(quiz_lists.page, host["id"], 3, cursor)
        assert 1 <= len(items) <= 3
        seen += [item["id"] for item in items]
        if len(seen) == 3:
            # Neither a new one nor a deleted one on the page before moves the others.
            call(quizzes.create, host["id"], {"title": "later", "questions": []})
            call(quizzes.delete, made[6])
        if cursor is None:
            break
    assert seen == made[::-1]


def test_a_list_item_is_a_summary_of_one_owners_quiz(
    call: Call, host: dict[str, Any], quiz: dict[str, Any]
) -> None:
    other = call(users.create, "other@example.org", "hash", "Other")
    call(quizzes.create, other["id"], {"title": "Not mine", "questions": []})
    items, cursor = call(quiz_lists.page, host["id"], 10)
    assert cursor is None
    assert items == [
        {name: value for name, value in quiz.items() if name not in ("questions", "revision")}
        | {"question_count": 2}
    ]


@pytest.mark.parametrize("cursor", ["", "x", "0", "é", "\x00", "A" * 22 + "B", "_" * 21, "=" * 24])
def test_a_cursor_that_is_not_ours_is_refused(call: Call, host: dict[str, Any], cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        call(quiz_lists.page, host["id"], 10, cursor)


def test_a_deleted_quiz_is_gone_but_its_sessions_stay(
    call: Call, quiz: dict[str, Any], session: dict[str, Any]
) -> None:
    call(quizzes.delete, quiz["id"])
    assert call(quizzes.get, quiz["id"]) is None
    assert call(quiz_lists.page, quiz["owner_id"])[0] == []
    for act in (
        quizzes.delete,
        quizzes.snapshot,
        lambda id: quizzes.replace(id, {"title": "x", "questions": []}),
    ):
        with pytest.raises(NotFound):
            call(act, quiz["id"])
    with pytest.raises(NotFound):
        call(quizzes.set_question_image, quiz["id"], quiz["questions"][0]["id"], "/x.png")
    assert msgspec.json.decode(call(sessions.snapshot, session["id"]), type=Quiz).title == "Sums"


def test_the_snapshot_is_the_quiz_of_the_bus(call: Call, host: dict[str, Any]) -> None:
    four = {
        "title": "Four",
        "explanation": "Because",
        "time_limit_s": 20,
        "weight": 3,
        "options": [{"text": str(n), "is_correct": n == 2} for n in range(4)],
    }
    quiz = call(
        quizzes.create, host["id"], {"title": "T", "description": "D", "questions": [four, question()]}
    )
    raw = call(quizzes.snapshot, quiz["id"])
    frozen = msgspec.json.decode(raw, type=Quiz)
    assert (frozen.quiz_id, frozen.title, frozen.description) == (quiz["id"], "T", "D")
    first = frozen.questions[0]
    assert (first.id, first.title, first.correct) == (quiz["questions"][0]["id"], "Four", "C")
    assert (first.explanation, first.time_limit_s, first.weight, first.image_url) == ("Because", 20, 3, None)
    assert [(option.key, option.text) for option in first.options] == [
        ("A", "0"),
        ("B", "1"),
        ("C", "2"),
        ("D", "3"),
    ]
    # Exactly these fields: encoding the struct again gives the same object.
    assert msgspec.json.decode(raw) == msgspec.json.decode(msgspec.json.encode(frozen))


def test_an_empty_quiz_cannot_be_played(call: Call, host: dict[str, Any]) -> None:
    quiz = call(quizzes.create, host["id"], {"title": "Empty", "questions": []})
    with pytest.raises(Conflict) as refused:
        call(quizzes.snapshot, quiz["id"])
    assert refused.value.code == "quiz_empty"


@pytest.mark.parametrize("quiz_id", ["", "x", "123456", "\x00", "01a21af4-f981-7ef8-aa6b-f6d5be8b271a"])
def test_a_quiz_that_is_not_there(call: Call, quiz_id: str) -> None:
    assert call(quizzes.get, quiz_id) is None
    with pytest.raises(NotFound):
        call(quizzes.delete, quiz_id)


def test_only_who_has_seen_the_last_revision_changes_it(call: Call, quiz: dict[str, Any]) -> None:
    changed = call(quizzes.replace, quiz["id"], {"title": "Second", "questions": []}, revisions={1})
    assert changed["revision"] == 2
    for act in (
        lambda: quizzes.replace(quiz["id"], {"title": "Lost", "questions": []}, revisions={1}),
        lambda: quizzes.put_in_order(quiz["id"], [], revisions={1}),
        lambda: quizzes.delete(quiz["id"], revisions={1}),
    ):
        with pytest.raises(Stale):
            call(act)
    assert call(quizzes.get, quiz["id"]) == changed
    call(quizzes.delete, quiz["id"], revisions={1, 2})
    assert call(quizzes.get, quiz["id"]) is None


def test_of_two_who_save_at_once_one_is_refused(pool: Pool, quiz: dict[str, Any]) -> None:
    together = threading.Barrier(4)

    def save(number: int) -> str:
        together.wait()
        try:
            pool.call(quizzes.replace, quiz["id"], {"title": f"By {number}", "questions": []}, revisions={1})
        except Stale:
            return "refused"
        return f"By {number}"

    with ThreadPoolExecutor(4) as threads:
        saved = list(threads.map(save, range(4)))
    assert saved.count("refused") == 3
    assert pool.call(quizzes.get, quiz["id"])["title"] in saved


def test_questions_are_put_in_order(call: Call, quiz: dict[str, Any]) -> None:
    first, second = quiz["questions"]
    ordered = call(quizzes.put_in_order, quiz["id"], [second["id"], first["id"]])
    assert ordered["questions"] == [second, first]
    assert call(quizzes.get, quiz["id"]) == ordered
    for wrong in ([], [first["id"]], [first["id"]] * 2, [first["id"], second["id"], new_id()], ["x", "y"]):
        with pytest.raises(InvalidOrder):
            call(quizzes.put_in_order, quiz["id"], wrong)
    assert call(quizzes.get, quiz["id"]) == ordered


def test_a_quiz_is_read_as_it_was_at_one_moment(pool: Pool, quiz: dict[str, Any], monkeypatch: Any) -> None:
    read_questions = quizzes._questions

    def slowly(quiz_id: str) -> Any:
        monkeypatch.setattr(quizzes, "_questions", read_questions)
        draft = {"title": "Changed", "questions": [question("new")]}
        with ThreadPoolExecutor(1) as thread:  # on a connection of its own
            thread.submit(pool.call, quizzes.replace, quiz_id, draft).result()
        return read_questions(quiz_id)

    monkeypatch.setattr(quizzes, "_questions", slowly)
    assert pool.call(quizzes.get, quiz["id"]) == quiz
    assert pool.call(quizzes.get, quiz["id"])["title"] == "Changed"


def test_a_copy_is_a_private_draft_of_its_own(
    call: Call, host: dict[str, Any], session: dict[str, Any]
) -> None:
    original = call(quizzes.get, session["quiz_id"])
    call(quizzes.set_question_image, original["id"], original["questions"][0]["id"], "/one.png")
    original = call(quizzes.get, session["quiz_id"])
    other = call(users.create, "other@example.org", "hash", "Other")
    copied = call(quiz_copies.copy, original["id"], other["id"], "Copy", copy_id=new_id())
    assert (copied["owner_id"], copied["title"], copied["status"]) == (other["id"], "Copy", "DRAFT")
    assert copied["visibility"] == "private"

    def content(quiz: dict[str, Any]) -> Any:
        return [{name: value for name, value in one.items() if name != "id"} for one in quiz["questions"]]

    assert content(copied) == content(original)
    assert not {one["id"] for one in copied["questions"]} & {one["id"] for one in original["questions"]}
    again = call(quiz_copies.copy, original["id"], other["id"], "Copy", copy_id=copied["id"])
    assert again == copied


def test_a_quiz_is_played_while_one_of_its_kin_is(
    call: Call, host: dict[str, Any], quiz: dict[str, Any]
) -> None:
    copied = call(quiz_copies.copy, quiz["id"], host["id"], "Copy", copy_id=new_id())
    again = call(quiz_copies.copy, copied["id"], host["id"], "Copy 2", copy_id=new_id())
    stranger = call(quizzes.create, host["id"], {"title": "Other", "questions": [question()]})
    family = [quiz["id"], copied["id"], again["id"]]
    for played in family:
        session = call(sessions.create, played, host["id"], call(quizzes.snapshot, played), "host", "flat")
        assert [call(quiz_copies.is_played, one) for one in family] == [True] * 3
        assert not call(quiz_copies.is_played, stranger["id"])
        call(sessions.end, session["id"])
        assert [call(quiz_copies.is_played, one) for one in family] == [False] * 3


def test_the_status_is_known_without_the_questions(call: Call, quiz: dict[str, Any]) -> None:
    assert call(quizzes.status, quiz["id"]) == "DRAFT"
    call(sessions.create, quiz["id"], quiz["owner_id"], call(quizzes.snapshot, quiz["id"]), "host", "flat")
    assert call(quizzes.status, quiz["id"]) == "STARTED"
    call(quizzes.delete, quiz["id"])
    assert [call(quizzes.status, one) for one in (quiz["id"], new_id(), "x")] == [None] * 3
