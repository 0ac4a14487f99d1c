"""A client of Quizwire's REST API in Python: asynchronous, typed, patient. Knows nothing of the server's code.

```python
api = Api(["http://127.0.0.1:8000"])
host = Host(api)
await host.sign_in("hedy@example.com", "her password")
session = await host.start(await host.create_quiz(draft), "host")
```
"""

from client.api import Api, ApiError
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
from client.host import Host

__all__ = [
    "Api",
    "ApiError",
    "Host",
    "Imported",
    "Joined",
    "Leaderboard",
    "Page",
    "ParticipantPage",
    "Profile",
    "Quiz",
    "QuizDraft",
    "Results",
    "Session",
    "SessionPage",
    "Standing",
    "Ticket",
    "Tokens",
]
