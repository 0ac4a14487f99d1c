"""Lists of sessions and of their participants, over REST."""

from __future__ import annotations

import pytest

from tests.web.api.test_sessions import joined, started
from tests.web.people import People, Person

pytestmark = pytest.mark.usefixtures("control_worker")


async def test_a_host_finds_their_own_sessions_again(host: Person, people: People) -> None:
    other = await people.user("Other")
    first, second, third = await started(host), await started(host), await started(host)
    await started(other)
    ended = (await host.post(f"/sessions/{second['id']}/end")).body
    page = (await host.get("/sessions?limit=2")).body
    assert page["items"] == [third, (await host.get(f"/sessions/{ended['id']}")).body]
    rest = (await host.get(f"/sessions?limit=2&cursor={page['next_cursor']}")).body
    assert rest == {"items": [first], "next_cursor": None}
    assert [item["id"] for item in (await host.get("/sessions?state=ended")).body["items"]] == [second["id"]]
    lobby = (await host.get("/sessions?state=lobby")).body["items"]
    assert [item["id"] for item in lobby] == [third["id"], first["id"]]


async def test_a_host_sees_who_has_joined(host: Person, people: People) -> None:
    session = await started(host)
    ann, bob = await joined(people.guest(), session, "Ann"), await joined(people.guest(), session, "Bob")
    path = f"/sessions/{session['id']}/participants"
    assert (await host.post(f"{path}/{ann['participant_id']}/kick")).status == 200
    page = (await host.get(f"{path}?limit=1")).body
    (first,) = page["items"]
    assert (first["participant_id"], first["nickname"], first["kicked"]) == (
        ann["participant_id"],
        "Ann",
        True,
    )
    (second,) = (await host.get(f"{path}?limit=1&cursor={page['next_cursor']}")).body["items"]
    assert (second["participant_id"], second["nickname"], second["kicked"]) == (
        bob["participant_id"],
        "Bob",
        False,
    )
    # Nothing to come back with.
    assert set(second) == {"participant_id", "nickname", "joined_at", "kicked", "banned"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=0", "validation_failed"),
        ("limit=99999999999999999999", "validation_failed"),
        ("cursor=%00", "invalid_cursor"),
        ("cursor=AAAA", "invalid_cursor"),
        ("cursor=" + "A" * 201, "validation_failed"),
        ("host_id=somebody", "validation_failed"),
    ],
)
async def test_what_no_list_knows_is_refused(host: Person, query: str, code: str) -> None:
    session = await started(host)
    for path in ("/sessions", f"/sessions/{session['id']}/participants"):
        refused = await host.get(f"{path}?{query}")
        assert (refused.status, refused.body["code"]) == (422, code)
    refused = await host.get("/sessions?state=paused")
    assert (refused.status, refused.body["code"]) == (422, "validation_failed")
