"""Kubernetes: what may talk to what, and what the autoscalers go by."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.deploy.test_containers import DEPLOY, ROOT, containers, manifests, workloads

HERE = "quizwire"
"""The namespace of the manifests."""
OUTSIDE = {"postgres": 5432, "redis": 6379, "blobs": 443}
# Namespace, its labels, and the pod's.
OTHERS: dict[str, tuple[str, dict[str, str], dict[str, str]]] = {
    "proxy": ("ingress", {"quizwire.example.org/proxies": "true"}, {"app": "nginx"}),
    "prometheus": ("monitoring", {"quizwire.example.org/watches": "true"}, {"app": "prometheus"}),
    "dns": ("kube-system", {}, {"k8s-app": "kube-dns"}),
    "stranger": ("elsewhere", {}, {"app.kubernetes.io/name": "quizwire"}),
}
OURS = ("web", "scoring", "persistence", "control", "background", "migrate")


def place(name: str) -> tuple[str, dict[str, str], dict[str, str]] | None:
    """Namespace, its labels and the pod's; None for what is no pod of this cluster."""
    if name in workloads():
        return HERE, {}, workloads()[name]["spec"]["template"]["metadata"]["labels"]
    return OTHERS.get(name)


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    assert selector.keys() <= {"matchLabels"}, "say here what it means"
    return bool(selector.get("matchLabels", {}).items() <= labels.items())


def is_meant(peer: dict[str, Any], name: str) -> bool:
    """Whether one `from` or `to` of a policy of ours covers this one."""
    if "ipBlock" in peer:
        assert peer["ipBlock"] == {"cidr": "0.0.0.0/0"}
        return True
    found = place(name)
    if found is None:
        return False
    namespace, namespace_labels, labels = found
    near = (
        selects(peer["namespaceSelector"], namespace_labels)
        if "namespaceSelector" in peer
        else namespace == HERE
    )
    return near and selects(peer.get("podSelector", {}), labels)


def lets(direction: str, one: str, other: str, port: int) -> bool:
    """Whether the policies of `one` let it have this `Ingress` from, or `Egress` to, `other`."""
    found = place(one)
    if found is None or found[0] != HERE:
        return True  # other people's rules
    side, peers = direction.lower(), "from" if direction == "Ingress" else "to"
    policies = [document["spec"] for document in manifests() if document["kind"] == "NetworkPolicy"]
    mine = [
        policy
        for policy in policies
        if selects(policy["podSelector"], found[2]) and direction in policy["policyTypes"]
    ]
    assert mine, one
    return any(
        any(is_meant(peer, other) for peer in rule[peers])
        and any(entry["port"] <= port <= entry.get("endPort", entry["port"]) for entry in rule["ports"])
        for policy in mine
        for rule in policy.get(side, [])
    )


def can_reach(source: str, target: str, port: int) -> bool:
    return lets("Egress", source, target, port) and lets("Ingress", target, source, port)


def test_everybody_reaches_what_they_need() -> None:
    for name in OURS:
        assert can_reach(name, "nats", 4222), name
        assert can_reach(name, "dns", 53), name
        for server, port in OUTSIDE.items():
            assert can_reach(name, server, port), (name, server)
        for container in containers(workloads()[name]):
            for port in container.get("ports", []):
                if port["name"] == "metrics":
                    assert can_reach("prometheus", name, port["containerPort"]), name
    assert can_reach("proxy", "web", 8000)
    assert can_reach("nats", "nats", 6222)
    assert can_reach("nats", "dns", 53)


@pytest.mark.parametrize(
    ("source", "target", "port"),
    [
        ("stranger", "web", 8000),
        ("stranger", "nats", 4222),
        ("stranger", "scoring", 9420),
        ("proxy", "web", 9400),
        ("proxy", "nats", 4222),
        ("prometheus", "web", 8000),
        ("prometheus", "nats", 4222),
        ("web", "nats", 6222),
        ("web", "nats", 8222),
        ("web", "scoring", 9420),
        ("scoring", "web", 8000),
        ("web", "postgres", 22),
        ("nats", "postgres", 5432),
        ("nats", "web", 8000),
    ],
)
def test_nobody_reaches_anything_else(source: str, target: str, port: int) -> None:
    assert not can_reach(source, target, port)


def test_autoscalers_go_by_metrics_that_there_are_and_that_the_adapter_serves() -> None:
    reference = (ROOT / "docs/reference/metrics.md").read_text()
    rules = yaml.safe_load((DEPLOY / "kubernetes/prometheus-adapter.yaml").read_text())["rules"]
    served = {kind: {rule["name"]["as"]: rule for rule in rules[kind]} for kind in ("custom", "external")}
    used = set()
    for document in manifests():
        if document["kind"] != "HorizontalPodAutoscaler":
            continue
        for metric in document["spec"]["metrics"]:
            if metric["type"] == "Resource":
                continue
            kind = {"Pods": "custom", "External": "external"}[metric["type"]]
            named = metric[metric["type"].lower()]["metric"]
            used.add((kind, named["name"]))
            row = re.search(rf"\| `{named['name']}` \| gauge \| (.*?) \|", reference)
            assert row is not None, named
            rule = served[kind][named["name"]]
            assert rule["seriesQuery"].startswith(named["name"] + "{")
            for label in named.get("selector", {}).get("matchLabels", {}):
                assert f"`{label}`" in row[1] and f"by ({label})" in rule["metricsQuery"]
    assert used == {(kind, name) for kind, rules in served.items() for name in rules}
