"""A host who makes a quiz and moves its session on over REST, and participants who have no browser."""

from __future__ import annotations

import secrets
from contextlib import AsyncExitStack
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw

from client import Api, Host
from tests.e2e.stack import Stack
from tests.e2e.wire import Session, Wire, wire

__all__ = ["PASSWORD", "QUIZ", "Show", "planets"]

PASSWORD = "a password of the tests"

QUIZ: dict[str, Any] = {
    "title": "Around the world",
    "questions": [
        {
            "title": "Which of these planets has the shortest year?",
            "explanation": "Mercury goes round the Sun in 88 Earth days; Venus needs 225, Mars 687.",
            "time_limit_s": 60,
            "options": [
                {"text": "Venus", "is_correct": False},
                {"text": "Mercury", "is_correct": True},
                {"text": "Mars", "is_correct": False},
                {"text": "Jupiter", "is_correct": False},
            ],
        },
        {
            "title": "What do glaciers do to the valleys that they flow through, in tens of thousands of years?",
            "time_limit_s": 120,
            "options": [
                {"text": "Meltwater from below the ice washes them out within a year.", "is_correct": False},
                {"text": "They fill them with sand until the floor is quite flat, ok!", "is_correct": False},
                {"text": "لا شيء مما سبق صحيح على الإطلاق في هذه الحالة بالذات", "is_correct": False},
                {"text": "Ice plucks rock from bed and sides and leaves a wide trough.", "is_correct": True},
            ],
        },
        {
            "title": "A tomato is, to a botanist, a berry.",
            "options": [{"text": "True", "is_correct": True}, {"text": "False", "is_correct": False}],
        },
    ],
}


class Show:
    """A host with an account of their own, on a running stack."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.gateways = stack.gateways
        self.email = f"host-{secrets.token_hex(6)}@example.test"
        self.password = PASSWORD
        self.host = Host(Api(stack.gateways[-1:]))
        self._wires = AsyncExitStack()

    async def sign_in(self) -> None:
        """Make the account, and log in."""
        body = {"email": self.email, "password": self.password, "display_name": "Hedy"}
        await self.host.api.call("POST", "/users/register", body=body)
        await self.host.sign_in(self.email, self.password)

    async def close(self) -> None:
        """Everybody goes home."""
        await self._wires.aclose()
        await self.host.api.close()

    async def start(self, draft: dict[str, Any] = QUIZ, *, picture: bool = False, **how: Any) -> Session:
        """A session of a new quiz, with a picture for its first question if wanted; `how` as in the body of a start."""
        quiz_id = await self.host.create_quiz(draft)  # type: ignore[arg-type]
        path = f"/quizzes/{quiz_id}"
        quiz = await self.host.api.call("GET", path)
        if picture:
            question_id = quiz["questions"][0]["id"]
            file = ("planets.png", planets())
            await self.host.api.call("POST", f"{path}/questions/{question_id}/image", file=file)
            quiz = await self.host.api.call("GET", path)
        state = await self.host.api.call("POST", f"{path}/start", body=how)
        return Session(self.host, quiz, state)

    async def command(self, session: Session, name: str, **fields: Any) -> None:
        """`pause`, `resume`, `extend`, `lock` or `unlock`."""
        session.state = await self.host.api.call("POST", f"/sessions/{session.id}/{name}", body=fields)

    async def crowd(self, session: Session, count: int) -> None:
        """So many more who have joined, and are not connected."""
        api = Api(self.gateways)
        try:
            for number in range(count):
                await api.join(session.state["join_code"], f"Crowd {number}", number)
        finally:
            await api.close()

    async def guest(self, session: Session, nickname: str) -> Wire:
        """A participant without a browser, who is connected."""
        return await self.guest_of(session.state["join_code"], nickname)

    async def guest_of(self, join_code: str, nickname: str) -> Wire:
        """The same, in a session whose code is all that is known."""
        api = Api(self.gateways[-1:])
        try:
            joined = await api.join(join_code, nickname, 0)
        finally:
            await api.close()
        connection = await self._wires.enter_async_context(wire(self.gateways[-1]))
        await connection.hello(ticket=joined["ticket"])
        return connection


def planets() -> bytes:
    """A PNG of a few planets."""
    image = Image.new("RGB", (960, 540), "#10122b")
    draw = ImageDraw.Draw(image)
    for x, radius, colour in (
        (150, 46, "#b9a18b"),
        (350, 80, "#e3c27a"),
        (580, 84, "#4f8fd8"),
        (800, 58, "#c8552f"),
    ):
        draw.ellipse((x - radius, 270 - radius, x + radius, 270 + radius), fill=colour)
    content = BytesIO()
    image.save(content, "PNG")
    return content.getvalue()
