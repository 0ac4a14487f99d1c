"""Who may do what: every route and method of the URL map, tried by everybody. A route without a row fails."""

from __future__ import annotations

from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

import pytest
from quart import Quart
from quart.datastructures import FileStorage

from bus import subjects
from db import blobs, pictures, users
from tests.web.people import PASSWORD, People, Person, quiz
from tests.workers import uploads
from web.config import Config
from web.services import services_of

WHO = ("anonymous", "participant", "other", "owner", "admin")
"""Somebody without a token; a user of the role `participant`, who plays in the session; a host with nothing to do with
it; the host whose quiz, session, question and picture it is; an admin."""

MATRIX = """
                                                            anonymous  participant  other  owner  admin
GET    /livez                                                     200          200    200    200    200
GET    /readyz                                                    200          200    200    200    200
GET    /openapi.json                                              200          200    200    200    200
GET    /asyncapi.json                                             200          200    200    200    200
GET    /media/<name>                                              200          200    200    200    200
GET    /docs                                                      200          200    200    200    200
GET    /docs/<name>                                               200          200    200    200    200

GET    /                                                          200          200    200    200    200
GET    /play                                                      200          200    200    200    200
GET    /play/<code>                                               200          200    200    200    200
GET    /host                                                      200          200    200    200    200
GET    /screen/<session_id>                                       200          200    200    200    200
GET    /admin                                                     200          200    200    200    200
GET    /favicon.ico                                               200          200    200    200    200
GET    /static/<version>/<path:name>                              200          200    200    200    200

POST   /users/register                                            201          201    201    201    201
POST   /users/login                                               200          200    200    200    200
POST   /users/refresh-token                                       401          200    200    200    200
POST   /users/logout                                              401          204    204    204    204
GET    /users/profile                                             401          200    200    200    200
PUT    /users/profile                                             401          200    200    200    200
DELETE /users/profile                                             401          204    204    204    204
GET    /users/profile/export                                      401          200    200    200    200
POST   /users/upload-avatar                                       401          202    202    202    202
DELETE /users/avatar                                              401          204    204    204    204
GET    /pictures/<picture_id>                                     401          404    404    200    200

GET    /quizzes                                                   401          200    200    200    200
POST   /quizzes                                                   401          403    201    201    201
POST   /quizzes/import                                            401          403    201    201    201
GET    /quizzes/<quiz_id>                                         401          404    404    200    200
PUT    /quizzes/<quiz_id>                                         401          404    404    200    200
DELETE /quizzes/<quiz_id>                                         401          404    404    204    204
PUT    /quizzes/<quiz_id>/order                                   401          404    404    200    200
POST   /quizzes/<quiz_id>/duplicate                               401          403    404    201    201
GET    /quizzes/<quiz_id>/export                                  401          404    404    200    200
POST   /quizzes/<quiz_id>/questions/<question_id>/image           401          404    404    202    202
DELETE /quizzes/<quiz_id>/questions/<question_id>/image           401          404    404    204    204
POST   /quizzes/<quiz_id>/start                                   401          403    404    201    201

POST   /users/quizzes/<quiz_id>/join                              201          201    201    201    201
GET    /sessions                                                  401          200    200    200    200
GET    /sessions/<session_id>                                     200          200    200    200    200
GET    /sessions/<session_id>/qr.svg                              200          200    200    200    200
GET    /sessions/<session_id>/leaderboard                         200          200    200    200    200
GET    /sessions/<session_id>/participants                        401          403    403    200    200
GET    /sessions/<session_id>/results                             401          403    403    200    200
POST   /sessions/<session_id>/next                                401          403    403    200    200
POST   /sessions/<session_id>/close                               401          403    403    409    409
POST   /sessions/<session_id>/end                                 401          403    403    200    200
POST   /sessions/<session_id>/pause                       401          403    403    200    200
POST   /sessions/<session_id>/resume                      401          403    403    200    200
POST   /sessions/<session_id>/extend                      401          403    403    409    409
POST   /sessions/<session_id>/lock                        401          403    403    200    200
POST   /sessions/<session_id>/unlock                      401          403    403    200    200
POST   /sessions/<session_id>/tickets                             401          403    403    201    201
POST   /sessions/<session_id>/participants/<participant_id>/kick  401          403    403    200    200
POST   /sessions/<session_id>/participants/<participant_id>/ban   401          403    403    200    200
POST   /sessions/<session_id>/participants/<participant_id>/rename  401          403    403    200    200

GET    /admin/users                                               401          403    403    403    200
PUT    /admin/users/<user_id>                                     401          403    403    403    200
GET    /admin/sessions                                            401          403    403    403    200
POST   /admin/sessions/<session_id>/end                           401          403    403    403    200
GET    /admin/queues                                              401          403    403    403    200
GET    /admin/dead-letters                                        401          403    403    403    200
GET    /admin/dead-letters/<seq>                                  401          403    403    403    200
POST   /admin/dead-letters/<seq>/retry                            401          403    403    403    200
DELETE /admin/dead-letters/<seq>                                  401          403    403    403    204
"""

PUBLIC = """
                                                            anonymous  participant  other  owner  admin
GET    /quizzes/<quiz_id>                                         401          200    200    200    200
PUT    /quizzes/<quiz_id>                                         401          403    403    200    200
DELETE /quizzes/<quiz_id>                                         401          403    403    204    204
PUT    /quizzes/<quiz_id>/order                                   401          403    403    200    200
POST   /quizzes/<quiz_id>/duplicate                               401          403    201    201    201
GET    /quizzes/<quiz_id>/export                                  401          403    403    200    200
POST   /quizzes/<quiz_id>/questions/<question_id>/image           401          403    403    202    202
DELETE /quizzes/<quiz_id>/questions/<question_id>/image           401          403    403    204    204
POST   /quizzes/<quiz_id>/start                                   401          403    403    201    201
"""
"""The same when the quiz is public: everybody with an account may read and copy it, without what is correct."""

ELSEWHERE = {"gateway.ws"}
"""Admission by ticket, not by role: see the tests of the gateway."""

ENDS_LOGINS = {"POST /users/logout", "DELETE /users/profile", "POST /users/refresh-token"}
NEEDS_A_SESSION = ("<session_id>", "/join")

IMAGE = uploads.photo(6)
OPENTRIVIA = b"#Q What is the capital of Australia?\n^ Canberra\nA Canberra\nB Sydney\n"

Table = dict[str, tuple[int, ...]]


def read(table: str) -> Table:
    """`{"GET /livez": (200, 200, 200, 200, 200), …}`."""
    lines = [line.split() for line in table.splitlines() if line.strip()]
    assert tuple(lines[0]) == WHO
    return {f"{method} {rule}": tuple(map(int, statuses)) for method, rule, *statuses in lines[1:]}


def routes(app: Quart) -> set[str]:
    """Every route and method there is, apart from what comes with each: HEAD and OPTIONS."""
    return {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in ELSEWHERE
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }


@pytest.fixture
def config(config: Config) -> Config:
    """Uploads are accepted, and not waited for: nobody works on them here."""
    return replace(config, picture_wait_s=0.01)


@dataclass
class Cast:
    """Everybody in `WHO`, and what the owner has."""

    app: Quart
    persons: dict[str, Person]
    picture_id: str = ""
    media_name: str = ""
    bystander_id: str = ""
    made: int = 0

    async def names(self, rule: str, visibility: str) -> dict[str, str]:
        """Something fresh of the owner's for each variable of the rule."""
        owner, participant = self.persons["owner"], self.persons["participant"]
        file_name = "swagger-ui.css" if rule.startswith("/docs") else self.media_name
        names = {"<picture_id>": self.picture_id, "<name>": file_name}
        names |= {"<code>": "123456", "<version>": "any", "<path:name>": "styles/theme.css"}
        names |= {"<user_id>": self.bystander_id}
        if "<seq>" in rule:
            names |= {"<seq>": str(await dead_letter(self.app))}
        if not any(part in rule for part in ("<quiz_id>", *NEEDS_A_SESSION)):
            return names
        made = (await owner.post("/quizzes", quiz() | {"visibility": visibility})).body
        names |= {"<quiz_id>": made["id"], "<question_id>": made["questions"][0]["id"]}
        if any(part in rule for part in NEEDS_A_SESSION):
            started = await owner.post(f"/quizzes/{made['id']}/start")
            assert started.status == 201, started.text
            joined = await participant.post(f"/users/quizzes/{started.body['join_code']}/join")
            assert joined.status == 201, joined.text
            names |= {
                "<session_id>": started.body["id"],
                "<participant_id>": joined.body["participant_id"],
            }
        return names

    def request(self, route: str, names: dict[str, str], who: Person) -> dict[str, Any]:
        """What to send, such that nothing but who asks can be wrong with it."""
        self.made += 1
        files = None
        match route:
            case "POST /users/register":
                body: Any = {
                    "email": f"new{self.made}@example.test",
                    "password": PASSWORD,
                    "display_name": "N",
                }
            case "POST /users/login":
                body = {"email": self.persons["owner"].email, "password": PASSWORD}
            case "POST /users/refresh-token":
                body = {"refresh_token": who.tokens.get("refresh_token", "none")}
            case "PUT /users/profile":
                body = {"display_name": "Another"}
            case "DELETE /users/profile":
                body = {"password": PASSWORD}
            case "POST /quizzes" | "PUT /quizzes/<quiz_id>":
                body = quiz()
            case "PUT /quizzes/<quiz_id>/order":
                body = {"question_ids": [names["<question_id>"]]}
            case _ if route.endswith("/rename"):
                body = {"nickname": f"Renamed {self.made}"}
            case "POST /sessions/<session_id>/extend":
                body = {"seconds": 30}
            case "POST /quizzes/import":
                files = FileStorage(BytesIO(OPENTRIVIA), filename="capitals.txt")
            case _ if route.startswith("POST") and route.endswith(("/image", "/upload-avatar")):
                files = FileStorage(BytesIO(IMAGE), filename="picture.jpg")
            case _:
                body = {}
        return {"files": {"file": files}} if files else {} if route.startswith("GET") else {"json": body}


async def dead_letter(app: Quart) -> int:
    """The number of a fresh one."""
    headers = {"Dead-Queue": "scoring", "Dead-Subject": "submissions.255", "Dead-Stream": "SUBMISSIONS"}
    stored = await services_of(app).js.publish(subjects.dead("scoring"), b"[]", headers=headers)
    return stored.seq


async def gather(app: Quart, people: People) -> Cast:
    persons = {"anonymous": people.guest()}
    for who in WHO[1:]:
        persons[who] = await people.user(who)
        await grant(app, persons[who], who)
    return Cast(app, persons)


async def grant(app: Quart, person: Person, who: str) -> None:
    if who in ("participant", "admin"):
        user_id = (await person.get("/users/profile")).body["id"]
        await services_of(app).pool.run(users.grant, user_id, who)


async def tried(cast: Cast, people: People, table: Table, visibility: str) -> Table:
    """What really happens."""
    found: Table = {}
    for route in table:
        statuses = []
        method, rule = route.split()
        for who in WHO:
            person = cast.persons[who]
            if route in ENDS_LOGINS and person.token is not None:
                person = await people.user()
                await grant(cast.app, person, who)
            names = await cast.names(rule, visibility)
            path = rule
            for name, value in names.items():
                path = path.replace(name, value)
            reply = await person.ask(method, path, **cast.request(route, names, person))
            if method == "GET":  # no back door
                assert (await person.ask("HEAD", path)).status == reply.status, (route, who)
            if reply.status >= 400:
                assert reply.body["code"] not in ("validation_failed", "internal"), (route, who, reply.text)
            statuses.append(reply.status)
        found[route] = tuple(statuses)
    return found


def test_every_route_has_a_row_and_every_row_a_route(app: Quart) -> None:
    assert set(read(MATRIX)) == routes(app)
    assert set(read(PUBLIC)) <= routes(app)


@pytest.mark.usefixtures("control_worker")
@pytest.mark.parametrize(("table", "visibility"), [(MATRIX, "private"), (PUBLIC, "public")])
async def test_everybody_gets_what_the_table_says(
    app: Quart, people: People, table: str, visibility: str
) -> None:
    cast = await gather(app, people)
    upload = {"file": FileStorage(BytesIO(IMAGE), filename="picture.jpg")}
    avatar = await cast.persons["owner"].post("/users/upload-avatar", files=upload)
    bystander = await people.user("Bystander")
    cast.bystander_id = (await bystander.get("/users/profile")).body["id"]
    cast.picture_id = avatar.body["picture"]["id"]
    cast.media_name = pictures.file_name("0" * 40, pictures.LARGE)
    await services_of(app).blobs.put_async(blobs.media(cast.media_name), b"not looked at")
    expected = read(table)
    found = await tried(cast, people, expected, visibility)
    assert {r: s for r, s in found.items() if s != expected[r]} == {}
