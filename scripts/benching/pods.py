"""What a pod needs by the measurements, beside what `deploy/kubernetes` asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from scripts.benching.capacity import ANSWERS_PER_S, CONNECTIONS, HEADROOM, UNKNOWN, Measured, processes

__all__ = ["Pod", "nats_cpu", "pods", "table"]

BASE = Path(__file__).parents[2] / "deploy" / "kubernetes" / "base"
LARGE = BASE.parent / "overlays" / "large" / "kustomization.yaml"
PROCESS = {"web": "web.1", "scoring": "scoring", "persistence": "persistence", "control": "control"}
BODIES_MIB = 128  # see decision 0039
UNITS = {"Mi": 1, "Gi": 1024}


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod of a pool: one process."""

    pool: str
    needed_mib: float | None  # measured; of a gateway with all its connections
    asked_cpu: float  # cores
    asked_mib: int
    limit_mib: int
    scaled_by: dict[str, float]  # metric: the value of a pod above which there are to be more
    at_most: int  # pods, in the overlay `large`
    needed: int  # for 500,000 participants
    needed_cpu: float  # cores, of all of them


def pods(measured: Measured) -> Iterator[Pod]:
    """Every pool's."""
    needed = processes(measured)
    large = _replicas(yaml.safe_load(LARGE.read_text()))
    for pool, process in PROCESS.items():
        documents = list(yaml.safe_load_all((BASE / f"{pool}.yaml").read_text()))
        deployment = next(one for one in documents if one["kind"] == "Deployment")
        scaler = next(one for one in documents if one["kind"] == "HorizontalPodAutoscaler")["spec"]
        resources = deployment["spec"]["template"]["spec"]["containers"][0]["resources"]
        yield Pod(
            pool,
            _memory_mib(measured, pool, process),
            _cores(resources["requests"]["cpu"]),
            _mib(resources["requests"]["memory"]),
            _mib(resources["limits"]["memory"]),
            dict(map(_target, scaler["metrics"])),
            large.get(pool, scaler["maxReplicas"]),
            needed[pool],
            needed[pool] * HEADROOM,
        )


def nats_cpu(measured: Measured) -> tuple[float | None, float]:
    """Cores that each of the three nodes needs, since each writes all, and that `large` asks for."""
    cpu_s = measured.cpu_s("nats-server")
    (patch,) = (
        one for one in yaml.safe_load(LARGE.read_text())["patches"] if one["target"]["name"] == "nats"
    )
    (asked,) = (
        one["value"] for one in yaml.safe_load(patch["patch"]) if one["path"].endswith("requests/cpu")
    )
    return None if cpu_s is None else cpu_s * ANSWERS_PER_S, _cores(asked)


def table(measured: Measured) -> str:
    """For the page of capacity, Markdown."""
    lines = [
        "| Pod | Memory measured | asked for, limit | Pods needed, allowed by `large` | CPU asked for | More pods above |",
        "|---|---|---|---|---|---|",
    ]
    for pod in pods(measured):
        needed = UNKNOWN if pod.needed_mib is None else f"{pod.needed_mib:,.0f} MiB"
        scaled = ", ".join(f"{value:,g} {name}" for name, value in pod.scaled_by.items())
        lines.append(
            f"| {pod.pool} | {needed} | {pod.asked_mib:,} MiB, {pod.limit_mib:,} MiB | {pod.needed}, {pod.at_most} | "
            f"{pod.asked_cpu:g} cores | {scaled} |"
        )
    cores, asked = nats_cpu(measured)
    lines += [
        "",
        f"A gateway's memory is that of an idle one, {CONNECTIONS:,} connections, and {BODIES_MIB} MiB for long request bodies. A process can use "
        f"one core, and is planned for {HEADROOM:.0%} of it. Each of the three NATS nodes writes everything: "
        f"{UNKNOWN if cores is None else f'{cores:,.1f} cores'}; `large` asks for {asked:g}.",
    ]
    return "\n".join(lines)


def _memory_mib(measured: Measured, pool: str, process: str) -> float | None:
    if pool != "web":
        return measured.session.get(f"memory_mb {process}")
    idle, each_kb = (measured.join.get(name) for name in ("memory_idle_mb", "memory_kb_per_participant"))
    return None if idle is None or each_kb is None else idle + each_kb * CONNECTIONS / 1024 + BODIES_MIB


def _target(metric: dict[str, Any]) -> tuple[str, float]:
    kind = metric["type"]
    if kind == "Pods":
        return "connections", float(metric["pods"]["target"]["averageValue"])
    if kind == "Resource":
        return "% of the CPU", float(metric["resource"]["target"]["averageUtilization"])
    return "s in the queue", float(metric["external"]["target"]["value"])


def _replicas(overlay: dict[str, Any]) -> dict[str, int]:
    """`maxReplicas` by pool, where the overlay has one of its own."""
    found = {}
    for patch in overlay["patches"]:
        if patch["target"]["kind"] == "HorizontalPodAutoscaler":
            for step in yaml.safe_load(patch["patch"]):
                if step["path"] == "/spec/maxReplicas":
                    found[patch["target"]["name"]] = step["value"]
    return found


def _cores(text: str) -> float:
    return float(text[:-1]) / 1000 if text.endswith("m") else float(text)


def _mib(text: str) -> int:
    return int(text[:-2]) * UNITS[text[-2:]]
