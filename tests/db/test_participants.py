"""Joining, coming back, being kicked; and nicknames that cannot be told apart."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db import nicknames, participants, sessions
from db.errors import Conflict, InvalidNickname, NotFound
from db.ids import new_id
from db.models import database
from tests.joining import join

Call = Callable[..., Any]


def public(participant: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in participant.items() if not name.endswith("_token")}


def test_a_guest_joins_under_a_nickname(call: Call, session: dict[str, Any], ann: dict[str, Any]) -> None:
    assert public(ann) == {
        "id": ann["id"],
        "session_id": session["id"],
        "user_id": None,
        "login_id": None,
        "nickname": "Ann",
        "kicked": False,
        "joined_at": ann["joined_at"],
        "banned": False,
    }
    assert call(participants.get, ann["id"]) == public(ann)
    assert call(participants.by_resume_token, ann["resume_token"]) == public(ann)


def test_of_many_resume_tokens_each_leads_to_its_own_participant(
    call: Call, session: dict[str, Any], ann: dict[str, Any], bob: dict[str, Any]
) -> None:
    secret = bob["resume_token"].partition(".")[2]
    given = {
        bob["resume_token"]: public(bob),
        f"{ann['id']}.{secret}": None,
        f"{ann['id']}.": None,
        ann["id"]: None,
        f"{new_id()}.{secret}": None,
        f"{ann['id']}.é": None,
        "": None,
        f"nobody.{secret}": None,
        ann["resume_token"]: public(ann),
    }
    tokens = [*given, ann["resume_token"]]
    assert call(participants.by_resume_tokens, tokens) == [*given.values(), public(ann)]
    assert call(participants.by_resume_tokens, ["nothing"]) == [None]


def test_all_of_a_session_in_the_order_they_joined(
    call: Call, session: dict[str, Any], ann: dict[str, Any], bob: dict[str, Any]
) -> None:
    assert call(participants.all_of, session["id"]) == [public(ann), public(bob)]


@pytest.mark.parametrize(
    "twin",
    [
        "Ann",
        "ann",
        "ANN",
        " Ann ",
        "A\u200bnn",
        "An\u2060n",
        "\u202eAnn",
        "Ａｎｎ",
        "Ann\ufe0f",
        "A\u00adnn",
        "Ann\U000e0041",
        "\u0410nn",  # Cyrillic
        "\u0391nn",  # Greek
        "A\u0578\u0578",  # Armenian
    ],
)
def test_a_twin_of_a_nickname_is_refused(
    call: Call, session: dict[str, Any], ann: dict[str, Any], twin: str
) -> None:
    with pytest.raises(Conflict) as refused:
        call(join, session["id"], None, twin)
    assert refused.value.code == "nickname_taken"


def test_the_same_nickname_in_another_session_is_fine(
    call: Call, quiz: dict[str, Any], session: dict[str, Any], ann: dict[str, Any]
) -> None:
    other = call(
        sessions.create, quiz["id"], quiz["owner_id"], call(sessions.snapshot, session["id"]), "host", "flat"
    )
    assert call(join, other["id"], None, "Ann")["nickname"] == "Ann"


@pytest.mark.parametrize(
    "nickname", ["", "   ", "\u200b\u200d", "\x00", "\u3164", "\u0301", "x" * 33, "ﷺ" * 2]
)
def test_a_nickname_must_be_seen_and_short(call: Call, session: dict[str, Any], nickname: str) -> None:
    with pytest.raises(InvalidNickname, match="use at"):
        call(join, session["id"], None, nickname)


def test_without_a_nickname_a_friendly_one_is_made_up(call: Call, session: dict[str, Any]) -> None:
    first, second = (call(join, session["id"])["nickname"] for _ in range(2))
    assert first != second
    adjective, animal, number = first.split()
    assert adjective.isalpha() and animal.isalpha() and 10 <= int(number) <= 99


def test_a_made_up_nickname_that_is_taken_is_made_up_again_with_a_longer_number(
    call: Call, session: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    digits_asked: list[int] = []

    def generate(digits: int) -> str:
        digits_asked.append(digits)
        return "Quick Otter 42" if digits < 4 else f"Quick Otter {len(digits_asked)}"

    monkeypatch.setattr(nicknames, "generate", generate)
    assert call(join, session["id"])["nickname"] == "Quick Otter 42"
    assert call(join, session["id"])["nickname"].startswith("Quick Otter")
    assert max(digits_asked) == 4


def test_making_up_nicknames_ends(
    call: Call, session: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nicknames, "generate", lambda digits: "Quick Otter 42")
    call(join, session["id"])
    with pytest.raises(Conflict, match="choose another"):
        call(join, session["id"])


def test_a_user_who_joins_again_is_the_same_participant_with_a_new_token(
    call: Call, host: dict[str, Any], session: dict[str, Any], ann: dict[str, Any]
) -> None:
    first = call(join, session["id"], host["id"], "Hanna")
    again = call(join, session["id"], host["id"], "Ann")
    assert public(again) == public(first)
    assert call(participants.by_resume_token, first["resume_token"]) is None
    assert call(participants.by_resume_token, again["resume_token"]) == public(first)


def test_a_user_who_joins_twice_at_once_is_one_participant(
    call: Call, host: dict[str, Any], session: dict[str, Any]
) -> None:
    joined: list[str] = []
    threads = [
        threading.Thread(target=lambda: joined.append(call(join, session["id"], host["id"])["id"]))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(joined) == 4
    assert len(set(joined)) == 1
    assert len(call(participants.all_of, session["id"])) == 1


def test_of_guests_taking_a_nickname_at_once_one_gets_it(call: Call, session: dict[str, Any]) -> None:
    outcomes: list[str] = []

    def take() -> None:
        try:
            call(join, session["id"], None, "Ann")
            outcomes.append("joined")
        except Conflict as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["joined", "nickname_taken", "nickname_taken", "nickname_taken"]


def test_who_was_kicked_stays_out(call: Call, host: dict[str, Any], session: dict[str, Any]) -> None:
    one = call(join, session["id"], host["id"])
    assert call(participants.kick, one["id"])["kicked"]
    assert call(participants.kick, one["id"])["kicked"]
    with pytest.raises(Conflict) as refused:
        call(join, session["id"], host["id"])
    assert refused.value.code == "kicked"
    assert call(participants.by_resume_token, one["resume_token"])["kicked"]
    with pytest.raises(NotFound):
        call(participants.kick, new_id())


HALL = "192.0.2.0"
ELSEWHERE = "198.51.100.1"


def refusal(call: Call, *arguments: Any, **more: Any) -> str:
    with pytest.raises(Conflict) as refused:
        call(*arguments, **more)
    return refused.value.code


def test_a_banned_device_stays_out_of_this_session_alone(
    call: Call, quiz: dict[str, Any], session: dict[str, Any], bob: dict[str, Any]
) -> None:
    eve = call(join, session["id"], None, "Eve", network=HALL)
    banned = call(participants.ban, eve["id"], network=False)
    assert (banned["kicked"], banned["banned"]) == (True, True)
    again = {"device_token": eve["device_token"], "network": ELSEWHERE}
    assert refusal(call, join, session["id"], None, "Eva", **again) == "banned"
    # Others in the hall, and other sessions, are not concerned.
    assert call(join, session["id"], None, "Hal", network=HALL)["device_token"]
    assert not call(participants.get, bob["id"])["banned"]
    snapshot = call(sessions.snapshot, session["id"])
    other = call(sessions.create, quiz["id"], quiz["owner_id"], snapshot, "host", "flat")
    assert call(join, other["id"], None, "Eve", **again)["device_token"] == eve["device_token"]


def test_a_banned_network_keeps_out_who_is_new(
    call: Call, host: dict[str, Any], session: dict[str, Any]
) -> None:
    known = call(join, session["id"], host["id"], network=HALL)
    eve = call(join, session["id"], None, "Eve", network=HALL)
    call(participants.ban, eve["id"], network=True)
    assert refusal(call, join, session["id"], None, "Eva", network=HALL) == "banned"
    assert call(join, session["id"], host["id"], network=HALL)["id"] == known["id"]
    assert call(join, session["id"], None, "Zoe", network=ELSEWHERE)
    call(participants.ban, known["id"], network=False)
    assert refusal(call, join, session["id"], host["id"], network=ELSEWHERE) == "kicked"
    with pytest.raises(NotFound):
        call(participants.ban, new_id(), network=False)


def test_devices_and_networks_are_kept_as_hashes_until_the_session_ends(
    call: Call, session: dict[str, Any]
) -> None:
    eve = call(join, session["id"], None, "Eve", network=HALL)
    call(participants.ban, eve["id"], network=True)

    def kept() -> tuple[Any, ...]:
        query = "SELECT device_hash, network_hash, participants.* FROM participants"
        return call(database.execute_sql, query).fetchone()

    assert len(kept()[0]) == len(kept()[1]) == 32
    assert eve["device_token"] not in str(kept()) and HALL not in str(kept())
    call(sessions.save_state, session["id"], state="ended", version=2, seq=2, question_index=0, live=b"x")
    assert kept()[:2] == (None, None)
    assert call(participants.get, eve["id"])["banned"]


def test_another_nickname_by_the_rules_of_the_first(
    call: Call, session: dict[str, Any], ann: dict[str, Any], bob: dict[str, Any]
) -> None:
    assert call(participants.rename, ann["id"], "  An\u200bna ")["nickname"] == "Anna"
    assert call(participants.rename, ann["id"], "ANNA")["nickname"] == "ANNA"
    assert refusal(call, participants.rename, bob["id"], "\u0410nna") == "nickname_taken"
    with pytest.raises(InvalidNickname):
        call(participants.rename, bob["id"], "\u200b")
    assert call(join, session["id"], None, "Ann")["nickname"] == "Ann"  # free again
    call(participants.kick, bob["id"])
    assert refusal(call, participants.rename, bob["id"], "Rob") == "kicked"
    call(sessions.end, session["id"])
    assert refusal(call, participants.rename, ann["id"], "Anne") == "session_ended"
    with pytest.raises(NotFound):
        call(participants.rename, new_id(), "Nobody")


def test_nobody_joins_a_session_that_is_over_or_was_never_there(call: Call, session: dict[str, Any]) -> None:
    call(sessions.end, session["id"])
    with pytest.raises(Conflict) as refused:
        call(join, session["id"], None, "Ann")
    assert refused.value.code == "session_ended"
    for session_id in ("x", "\x00", new_id()):
        with pytest.raises(NotFound):
            call(join, session_id, None, "Ann")


def test_only_the_secret_of_the_token_opens_and_it_is_not_stored(
    call: Call, session: dict[str, Any], ann: dict[str, Any], bob: dict[str, Any]
) -> None:
    secret = ann["resume_token"].partition(".")[2]
    for token in (
        "",
        ".",
        ann["id"],
        f"{ann['id']}.",
        f"{bob['id']}.{secret}",
        f"{ann['id']}.\ud800",
        f"{new_id()}.{secret}",
    ):
        assert call(participants.by_resume_token, token) is None
    dump = call(lambda: database.execute_sql("SELECT participants::text FROM participants").fetchall())
    assert secret not in str(dump)


@given(st.text(max_size=40))
def test_cleaning_is_final_and_leaves_nothing_invisible(text: str) -> None:
    try:
        cleaned = nicknames.clean(text)
    except InvalidNickname:
        return
    assert nicknames.clean(cleaned) == cleaned
    assert 1 <= len(cleaned) <= 32
    assert cleaned.strip() == cleaned
    assert "\x00" not in cleaned
    assert not set(cleaned) & set("\u200b\u200c\u200d\u2060\ufeff\u202a\u202e\u2066\u2069\n\t\x7f")
    cleaned.encode()


@pytest.mark.parametrize(
    ("given_name", "cleaned"), [("  Zoë \t the\n Cat ", "Zoë the Cat"), ("ｆｕｌｌ", "full"), ("😀", "😀")]
)
def test_what_people_type_becomes_tidy(given_name: str, cleaned: str) -> None:
    assert nicknames.clean(given_name) == cleaned


def test_case_does_not_matter_in_any_script() -> None:
    assert nicknames.key("STRASSE") == nicknames.key("straße")
    assert nicknames.key("ΣΊΣΥΦΟΣ") == nicknames.key("σίσυφος")


@pytest.mark.parametrize(
    ("one", "other"),
    [("Bill", "Bi1l"), ("Oscar", "0scar"), ("Paul", "\u03a1aul"), ("\u041e\u043b\u044f", "O\u043b\u044f")],
)
def test_look_alikes_have_one_key(one: str, other: str) -> None:
    assert nicknames.key(one) == nicknames.key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Zoe", "Zo\u00eb"),
        ("Ann", "Anna"),
        ("\u5c71\u7530", "\u5c71\u672c"),
        ("Nguy\u1ec5n", "Nguy\u00ean"),
        ("Ian", "Lan"),
    ],
)
def test_different_names_have_different_keys(one: str, other: str) -> None:
    assert nicknames.key(one) != nicknames.key(other)


@given(st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -_", max_size=32))
def test_of_plain_names_only_case_and_two_digits_are_taken_for_each_other(name: str) -> None:
    assert nicknames.key(name) == name.lower().replace("0", "o").replace("l", "1")
