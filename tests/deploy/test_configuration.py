"""What can be said of the shipped configuration without starting it all. `tests/e2e/test_shipped.py` uses it."""

from __future__ import annotations

import inspect
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import trustme

from bus import subjects
from bus.queues import POOLS

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def program(name: str, package: str) -> str:
    """Skips where there is none; on CI that is a failure."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail(f"no {name}: .ci/run has to install {package}")
    if found is None:
        pytest.skip(f"no {name} on PATH: apt-get install {package}")
    return found


def test_nginx_takes_every_shipped_file(tmp_path: Path) -> None:
    nginx = program("nginx", "nginx-light")
    shutil.copytree(DEPLOY / "nginx", tmp_path / "nginx")
    trustme.CA().issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(
        str(tmp_path / "key.pem")
    )
    site = tmp_path / "nginx/site.conf"
    site.write_text(re.sub(r"/etc/quizwire/tls/\w+\.pem", str(tmp_path / "key.pem"), site.read_text()))
    tested = subprocess.run(
        [
            nginx,
            "-t",
            "-c",
            f"{tmp_path}/nginx/nginx.conf",
            "-e",
            f"{tmp_path}/log",
            "-g",
            f"pid {tmp_path}/pid;",
        ],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert "syntax is ok" in tested.stderr, tested.stderr
    assert "[warn]" not in tested.stderr.replace("conflicting server name", ""), tested.stderr


def test_every_location_of_nginx_sends_the_headers_that_gateways_rely_on() -> None:
    """A location with one header of its own inherits none."""
    text = (DEPLOY / "nginx/quizwire.conf").read_text()
    locations = re.findall(r"location [^{]+\{(.*?)\n    \}", text, re.DOTALL)
    proxied = [body for body in locations if "proxy_pass" in body]
    assert len(proxied) == 2
    assert all("include headers.conf;" in body for body in proxied)
    assert 'proxy_set_header Sec-WebSocket-Extensions "";' in text


ROLES = ("web", "workers", "console")
# What each function of bus/subjects.py names: who publishes there, and who subscribes. Streams are read by consumers.
USED: dict[str, tuple[set[str], set[str]]] = {
    "dead": ({"workers"}, set()),
    "drain": ({"console"}, {"web"}),
    "events": ({"workers"}, {"web"}),
    "hurry": ({"workers"}, {"workers"}),
    "leaderboard": ({"web", "workers"}, {"web"}),
    "nodes": ({"console"}, {"web", "workers"}),
    "presence": ({"web"}, {"web"}),
    "results": ({"workers"}, {"web"}),
    "revocations": ({"web", "console"}, {"web"}),
    "rooms": ({"web"}, {"web"}),
    "submissions": ({"web", "workers", "console"}, set()),  # the console: dead letters on their way back
    "tasks": ({"web", "workers", "console"}, set()),
}


def granted(role: str, direction: str) -> set[str]:
    """The subjects that permissions.conf allows."""
    text = (DEPLOY / "nats/permissions.conf").read_text()
    users = dict(re.findall(r"user: (\w+)\n(.*?)(?=user: |\Z)", text, re.DOTALL))
    allowed = re.findall(rf"{direction}: \{{\s*allow: \[(.*?)\]", users[role], re.DOTALL)
    assert len(allowed) == 1
    return set(re.findall(r'"([^"\s]+)"', allowed[0]))


def allows(pattern: str, subject: str) -> bool:
    """NATS' wildcards."""
    regex = re.escape(pattern).replace(r"\*", "[^.]+").replace(r"\.>", r"\..+")
    return re.fullmatch(regex, subject) is not None


def example(name: str) -> str:
    """A subject that this function of bus/subjects.py makes."""
    made = getattr(subjects, name)
    needed = [one for one in inspect.signature(made).parameters.values() if one.default is one.empty]
    return str(made(*["control" for _ in needed]))  # may be a session, a node or a queue


@pytest.mark.parametrize("role", ROLES)
def test_every_role_may_use_the_subjects_that_it_uses_and_no_others(role: str) -> None:
    functions = {name for name in subjects.__all__ if inspect.isfunction(getattr(subjects, name))}
    assert functions - {"partition", "inboxes"} == USED.keys(), "say here who uses the new ones"
    for index, direction in enumerate(("publish", "subscribe")):
        ours = {
            pattern for pattern in granted(role, direction) if not pattern.startswith(("$JS.", "_INBOX."))
        }
        for name, users in USED.items():
            fitting = {pattern for pattern in ours if allows(pattern, example(name))}
            assert bool(fitting) == (role in users[index]), (role, direction, name)
            ours -= fitting
        # The server's schedules are work of a queue, later; gateways may write to some queues alone.
        assert ours <= {"tasks.schedules.*", *map(subjects.tasks, POOLS)}, (role, direction)


def test_every_role_hears_its_own_answers_alone() -> None:
    for role in ROLES:
        own = subjects.inboxes(f"tls://{role}:secret@127.0.0.1:4222")
        assert {one for one in granted(role, "subscribe") if one.startswith("_")} == {f"{own}.>"}
    assert subjects.inboxes("nats://token@127.0.0.1:4222") == "_INBOX"  # a token is a secret, not a name
    assert subjects.inboxes("nats://127.0.0.1:4222,nats://127.0.0.1:4223") == "_INBOX"
    assert subjects.inboxes("nats://a:b@127.0.0.1:4222,nats://a:b@127.0.0.1:4223") == "_INBOX.a"


def test_every_redis_key_of_ours_is_in_the_acl() -> None:
    prefixes = set()
    for file in (ROOT / "db").rglob("*.py"):
        if "from redis import" in file.read_text() or "import redis" in file.read_text():
            prefixes |= set(re.findall(r'f"([a-z]+):\{', file.read_text()))
    acl = (DEPLOY / "redis/users.acl").read_text()
    assert {"once", "throttle", "guesses"} <= prefixes
    assert [prefix for prefix in sorted(prefixes) if f"~{prefix}:*" not in acl] == []
