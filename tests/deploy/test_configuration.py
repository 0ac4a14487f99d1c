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


def allows(pattern: str, subject: str) -> bool:
    """NATS' wildcards."""
    regex = re.escape(pattern).replace(r"\*", "[^.]+").replace(r"\.>", r"\..+")
    return re.fullmatch(regex, subject) is not None


def test_every_subject_of_ours_may_be_used_by_somebody() -> None:
    text = (DEPLOY / "nats/permissions.conf").read_text()
    granted = re.findall(r'"([^"\s]+)"', text)
    for name in subjects.__all__:
        made = getattr(subjects, name)
        if not inspect.isfunction(made) or name == "partition":
            continue
        subject = str(
            made(*["x1" for one in inspect.signature(made).parameters.values() if one.default is one.empty])
        )
        assert any(allows(pattern, subject) for pattern in granted), subject


def test_every_redis_key_of_ours_is_in_the_acl() -> None:
    prefixes = set()
    for file in (ROOT / "db").rglob("*.py"):
        if "from redis import" in file.read_text() or "import redis" in file.read_text():
            prefixes |= set(re.findall(r'f"([a-z]+):\{', file.read_text()))
    acl = (DEPLOY / "redis/users.acl").read_text()
    assert {"once", "throttle", "guesses"} <= prefixes
    assert [prefix for prefix in sorted(prefixes) if f"~{prefix}:*" not in acl] == []
