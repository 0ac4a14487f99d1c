"""The demo: a host, a quiz and a session that waits in its lobby, made over REST like anybody would."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from scripts.servers.server import write_private

__all__ = ["Demo", "DemoFailed", "load_demo"]

QUIZ = Path(__file__).parents[1] / "demo" / "quiz.json"


class DemoFailed(Exception):
    """The application refused a step of the demo; `status` is the HTTP status."""

    def __init__(self, path: str, status: int, body: str) -> None:
        super().__init__(f"{path} answered {status}: {body}")
        self.status = status


@dataclass
class Demo:
    """What the next start needs to take up the same demo; kept in the run folder, readable by its owner only."""

    email: str
    password: str
    quiz_id: str = ""
    session_id: str = ""
    join_code: str = ""


def load_demo(base_url: str, path: Path) -> Demo:
    """Log the demo host in (or register one) and make sure that a session of the quiz is live.

    `path` is where the demo is remembered. Raises DemoFailed, or URLError when nobody answers.
    """
    try:
        demo = Demo(**json.loads(path.read_text()))
        token = _log_in(base_url, demo)
    except (FileNotFoundError, ValueError, TypeError, DemoFailed):
        # None yet, or the database is another one than then.
        demo = Demo(f"demo-{secrets.token_hex(3)}@example.org", secrets.token_urlsafe(12))
        _remember(path, demo)
        _call(base_url, "/users/register", {**_login(demo), "display_name": "Demo host"})
        token = _log_in(base_url, demo)
    if not demo.quiz_id or _get(base_url, f"/quizzes/{demo.quiz_id}", token) is None:
        demo.quiz_id = _call(base_url, "/quizzes", json.loads(QUIZ.read_text()), token)["id"]
        demo.session_id = ""
    live = _get(base_url, f"/sessions/{demo.session_id}", token) if demo.session_id else None
    if live is None or live["state"] == "ended":
        live = _call(base_url, f"/quizzes/{demo.quiz_id}/start", {}, token)
    demo.session_id, demo.join_code = live["id"], live["join_code"]
    _remember(path, demo)
    return demo


def _remember(path: Path, demo: Demo) -> None:
    write_private(path, json.dumps(asdict(demo), indent=2))


def _login(demo: Demo) -> dict[str, str]:
    return {"email": demo.email, "password": demo.password}


def _log_in(base_url: str, demo: Demo) -> str:
    return str(_call(base_url, "/users/login", _login(demo))["access_token"])


def _get(base_url: str, path: str, token: str) -> dict[str, Any] | None:
    """The resource, or None when it is gone."""
    try:
        return _call(base_url, path, None, token)
    except DemoFailed as error:
        if error.status in (403, 404):
            return None
        raise


def _call(base_url: str, path: str, body: object, token: str | None = None) -> dict[str, Any]:
    """GET without a body, POST with one."""
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(base_url + path, data, headers), timeout=30) as reply:
            answer: dict[str, Any] = json.load(reply)
            return answer
    except HTTPError as error:
        raise DemoFailed(path, error.code, error.read().decode(errors="replace")) from error
