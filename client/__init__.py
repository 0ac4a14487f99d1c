"""Quizwire's REST API and WebSocket in Python: asynchronous, typed, patient. Knows nothing of the server's code.

```python
api = Api(["http://127.0.0.1:8000"])
host = Host(api)
await host.sign_in("hedy@example.com", "her password")
session = await host.start(await host.create_quiz(draft), "host")

joined = await api.join(session["join_code"], "Ann")
async with Socket([joined["ws_url"]], Conversation(joined["ticket"], joined["resume_token"])) as socket:
    async for event in socket:
        if isinstance(event, messages.Question):
            await socket.answer(event.question_id, "A")
```
"""

from client import messages
from client.answers import Attempt
from client.api import Api, ApiError
from client.board import Board, Row
from client.bodies import (
    Imported,
    Joined,
    Leaderboard,
    Page,
    ParticipantPage,
    Profile,
    Quiz,
    QuizDraft,
    Results,
    Session,
    SessionPage,
    Standing,
    Ticket,
    Tokens,
)
from client.conversation import Conversation, Event
from client.host import Host
from client.reconnecting import CLOSE_CODES, STOP_CODES
from client.socket import Socket, websocket_url
from client.view import OwnAnswer, View

__all__ = [
    "CLOSE_CODES",
    "STOP_CODES",
    "Api",
    "ApiError",
    "Attempt",
    "Board",
    "Conversation",
    "Event",
    "Host",
    "Imported",
    "Joined",
    "Leaderboard",
    "OwnAnswer",
    "Page",
    "ParticipantPage",
    "Profile",
    "Quiz",
    "QuizDraft",
    "Results",
    "Row",
    "Session",
    "SessionPage",
    "Socket",
    "Standing",
    "Ticket",
    "Tokens",
    "View",
    "messages",
    "websocket_url",
]
