"""Manifests, image, compose file and units: valid, and in step with the code they start."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from configparser import ConfigParser
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from dockerfile_parse import DockerfileParser

from bus.queues import POOLS
from scripts.servers.server import find_program
from web.__main__ import STOP_S

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
BASE = DEPLOY / "kubernetes/base"
OVERLAYS = sorted(path.name for path in (DEPLOY / "kubernetes/overlays").iterdir())
KUBERNETES = kubernetes_validate.latest_version()
PRESTOP_S = 5


def documents(text: str) -> list[dict[str, Any]]:
    return [document for document in yaml.safe_load_all(text) if document]


@cache
def manifests() -> tuple[dict[str, Any], ...]:
    paths = yaml.safe_load((BASE / "kustomization.yaml").read_text())["resources"]
    return tuple(document for path in paths for document in documents((BASE / path).read_text()))


def workloads() -> dict[str, dict[str, Any]]:
    kinds = ("Deployment", "StatefulSet", "Job")
    return {found["metadata"]["name"]: found for found in manifests() if found["kind"] in kinds}


def containers(workload: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = workload["spec"]["template"]["spec"]["containers"]
    return found


def test_every_manifest_is_valid_and_listed() -> None:
    listed = set(yaml.safe_load((BASE / "kustomization.yaml").read_text())["resources"])
    assert listed == {path.name for path in BASE.glob("*.yaml")} - {"kustomization.yaml"}
    found = manifests()
    assert len(found) > 20
    for document in found:
        kubernetes_validate.validate(document, KUBERNETES, strict=True)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_overlay_renders_to_valid_manifests(overlay: str) -> None:
    kustomize = shutil.which("kustomize")
    command = [kustomize, "build"] if kustomize else ["kubectl", "kustomize"]
    if shutil.which(command[0]) is None:
        pytest.skip("neither kustomize nor kubectl on PATH: the base is validated by itself")
    rendered = subprocess.run(
        [*command, str(DEPLOY / "kubernetes/overlays" / overlay)], capture_output=True, text=True, timeout=60
    )
    assert rendered.returncode == 0, rendered.stderr
    found = documents(rendered.stdout)
    assert {document["metadata"]["name"] for document in found} >= {"web", *POOLS, "nats"}
    for document in found:
        kubernetes_validate.validate(document, KUBERNETES, strict=True)


def test_there_is_a_deployment_for_every_process_of_the_procfile() -> None:
    kinds = {line.partition(":")[0] for line in (ROOT / "Procfile").read_text().splitlines()}
    assert kinds == {"web", *POOLS}
    found = workloads()
    assert found.keys() == {*kinds, "nats", "migrate"}
    for pool in POOLS:
        (container,) = containers(found[pool])
        assert container["args"][:4] == ["dramatiq", "workers.main:broker", "-Q", pool]
    for kind in ("HorizontalPodAutoscaler", "PodDisruptionBudget"):
        named = {document["metadata"]["name"] for document in manifests() if document["kind"] == kind}
        assert named >= kinds, kind


def test_a_gateway_has_the_time_that_it_needs_to_drain() -> None:
    pod = workloads()["web"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["lifecycle"]["preStop"]["exec"]["command"] == ["sleep", str(PRESTOP_S)]
    assert pod["terminationGracePeriodSeconds"] >= PRESTOP_S + STOP_S
    unit = (DEPLOY / "systemd/quizwire-web@.service").read_text()
    assert int(re.findall(r"TimeoutStopSec=(\d+)", unit)[0]) >= STOP_S
    compose = yaml.safe_load((DEPLOY / "containers/compose.yaml").read_text())
    assert int(compose["services"]["web"]["stop_grace_period"].removesuffix("s")) >= STOP_S


def test_every_container_is_bounded_and_may_do_little() -> None:
    for name, workload in workloads().items():
        pod = workload["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["automountServiceAccountToken"] is False, name
        for container in containers(workload):
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}, name
            assert "memory" in container["resources"]["limits"], name
            assert container["securityContext"]["allowPrivilegeEscalation"] is False, name
            assert container["securityContext"]["readOnlyRootFilesystem"] is True, name
            if workload["kind"] != "Job":
                assert {"livenessProbe", "readinessProbe", "startupProbe"} <= container.keys(), name


def test_nats_in_the_cluster_has_the_same_permissions() -> None:
    """kustomize reads no files above its folder, so there is a copy."""
    assert (BASE / "permissions.conf").read_text() == (DEPLOY / "nats/permissions.conf").read_text()


def test_the_image_runs_as_nobody_in_particular_and_holds_every_package() -> None:
    parser = DockerfileParser(path=str(DEPLOY / "containers/Dockerfile"))
    steps = [(step["instruction"], step["value"]) for step in parser.structure]
    assert [value for name, value in steps if name == "USER"][-1] == "10001"
    names = [name for name, _ in steps]
    assert "ADD" not in names
    assert names.index("CMD") > names.index("USER")
    assert not [value for name, value in steps if name in ("FROM", "ARG") and "latest" in value]
    copied = {
        source
        for name, value in steps
        if name == "COPY" and not value.startswith("--from")
        for source in value.split()[:-1]
    }
    assert [source for source in copied if not (ROOT / source).exists()] == []
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    packages = {line for line in setup["options.packages.find"]["include"].split() if "." not in line}
    assert packages <= copied
    # Docker's older builder is sent all that is not ignored; what is ignored cannot be copied.
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    assert {line[1:] for line in ignored if line.startswith("!")} == copied


@pytest.mark.parametrize(
    ("file", "ignored"),
    [
        ("deploy/containers/Dockerfile", []),
        # Debian's packages as its stable release has them; users by name, since they are Debian's.
        ("scripts/containing/stand_ins/Dockerfile", ["--ignore=DL3008", "--ignore=DL3066"]),
    ],
)
def test_the_linter_of_dockerfiles_has_nothing_to_say(file: str, ignored: list[str]) -> None:
    hadolint = shutil.which("hadolint", path=sysconfig.get_path("scripts")) or shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("no hadolint for this platform")
    linted = subprocess.run([hadolint, *ignored, ROOT / file], capture_output=True, text=True)
    assert (linted.returncode, linted.stdout) == (0, "")


def test_the_linter_of_compose_files_finds_what_is_meant_so_alone() -> None:
    command = [sys.executable, "-m", "compose_lint", "check", "--format", "json", "compose.yaml"]
    linted = subprocess.run(command, cwd=DEPLOY / "containers", capture_output=True, text=True)
    found = {(finding["rule_id"], finding["service"]) for finding in json.loads(linted.stdout)["findings"]}
    servers = {"nats", "redis", "postgres"}
    everything = {*servers, "migrate", "web", *POOLS}
    # No digests: record 0049. Memory is bounded (below), processors are not: idle ones are there to be used.
    meant = {(rule, name) for rule in ("CL-0019", "CL-0026") for name in everything}
    # Other people's images, as they are meant to be run: they take their folders over, then leave root themselves.
    meant |= {(rule, name) for rule in ("CL-0006", "CL-0007") for name in servers}
    assert found == meant


@pytest.mark.parametrize("password", ["word", "1e9", "12k"])
def test_nats_takes_the_configuration_of_the_compose_file(password: str, tmp_path: Path) -> None:
    compose = yaml.safe_load((DEPLOY / "containers/compose.yaml").read_text())["services"]["nats"]
    assert compose["command"] == ["--config", "/etc/quizwire/nats.conf"]
    given = compose["environment"]["NATS_PASSWORD"].replace("${NATS_PASSWORD:?}", password)
    nats_server = find_program("nats-server")
    assert nats_server is not None
    tested = subprocess.run(
        [nats_server, "-t", "-c", DEPLOY / "containers/nats.conf"],
        capture_output=True,
        text=True,
        env={"NATS_PASSWORD": given},
    )
    assert tested.returncode == 0, tested.stderr


def test_everything_in_the_image_is_pinned_by_hash() -> None:
    text = re.sub(r"(?m)^#.*$", "", (DEPLOY / "containers/requirements.txt").read_text())
    entries = [entry.strip() for entry in re.split(r"\n(?=\S)", text) if entry.strip()]
    pinned = {}
    for entry in entries:
        name = re.match(r"([\w.-]+)==[\w.]+", entry)
        assert name is not None and "--hash=sha256:" in entry, entry
        pinned[name[1].lower().replace("_", "-")] = entry
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    for line in setup["options"]["install_requires"].splitlines():
        if needed := re.match(r"([\w-]+)", line):
            assert needed[1].lower() in pinned, f"{needed[1]}: run scripts/lock"
    assert {"psycopg2-binary", "setuptools", "wheel"} <= pinned.keys()


def test_the_compose_file_starts_every_process_after_the_migration() -> None:
    services = yaml.safe_load((DEPLOY / "containers/compose.yaml").read_text())["services"]
    assert services.keys() == {"nats", "redis", "postgres", "migrate", "web", *POOLS}
    for name in ("web", *POOLS):
        assert services[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
        assert services[name]["read_only"] is True and services[name]["cap_drop"] == ["ALL"]
        assert services[name]["mem_limit"] == "1g"
    for name in services.keys() - {"migrate"}:
        assert "healthcheck" in services[name], name
    secrets = set(re.findall(r"\$\{(\w+):\?\}", (DEPLOY / "containers/compose.yaml").read_text()))
    assert secrets == {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "NATS_PASSWORD", "QUIZWIRE_SECRET"}


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd-analyze here")
    for unit, instance in (("quizwire-web@", "8000"), ("quizwire-pool@", "scoring")):
        text = (DEPLOY / f"systemd/{unit}.service").read_text()
        # There is no such program here: its place must not be what is wrong.
        text = re.sub(r"/opt/quizwire/\.venv/bin/\w+", "/bin/true", text)
        path = tmp_path / f"{unit}{instance}.service"
        path.write_text(text)
        checked = subprocess.run(
            [analyze, "verify", "--man=no", str(path)], capture_output=True, text=True, timeout=30
        )
        complaints = [line for line in checked.stderr.splitlines() if unit in line]
        assert complaints == [], complaints
        # Of 100: what a unit that restricts nothing gets is 96.
        exposed = subprocess.run(
            [analyze, "security", "--offline=true", "--threshold=15", "--no-pager", str(path)],
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert exposed.returncode == 0, exposed.stdout[-300:] + exposed.stderr


def test_pools_have_the_threads_of_the_procfile_everywhere() -> None:
    compose = yaml.safe_load((DEPLOY / "containers/compose.yaml").read_text())["services"]
    unit = (DEPLOY / "systemd/quizwire-pool@.service").read_text()
    for line in (ROOT / "Procfile").read_text().splitlines():
        kind, _, command = line.partition(": ")
        if kind == "web":
            continue
        assert shlex.split(command) == compose[kind]["command"]
        assert shlex.split(command) == containers(workloads()[kind])[0]["args"]
        own = DEPLOY / f"systemd/pool-{kind}.env"
        threads = re.findall(r"THREADS=(\d+)", unit + (own.read_text() if own.exists() else ""))[-1]
        assert command.endswith(f"--processes 1 --threads {threads}")
