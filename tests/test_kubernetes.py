"""The manifests of ``deploy/kubernetes``: built by kustomize, valid, and in accord with the bot.

Copies with one fault show that each check can fail.
"""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from bot.settings import Settings
from tests.manifests import (
    AUTO,
    BASE,
    FOLDER,
    GATEWAY,
    RULES,
    SECRETS,
    Objects,
    build,
    environments,
    fits_the_image,
    fits_the_schemas,
    has_secrets_only_by_reference,
    has_settings_of_the_bot,
    has_the_time_to_end,
    is_never_away_as_a_whole,
    is_probed,
    is_reached_and_reaches_what_it_needs,
    is_restricted,
    keeps_nothing_on_a_node,
    only,
    publishes_only_what_is_posted,
    selects_its_pods,
)

GONE = object()


@pytest.fixture(scope="module")
def built() -> dict[str, Objects]:
    return {name: build(FOLDER / name) for name in (BASE, GATEWAY, AUTO)}


@pytest.mark.parametrize("name", [BASE, GATEWAY, AUTO])
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_what_kustomize_builds(built, name, rule):
    assert list(rule(built[name])) == []


def changed(objects: Objects, kind: str, path: str, value: object) -> Objects:
    """Return a copy in which one field has another value, or none."""
    copied = copy.deepcopy(objects)
    at: Any = only(copied, kind)
    *parts, last = (int(part) if part.isdigit() else part for part in path.split("/"))
    for part in parts:
        at = at[part]
    if value is GONE:
        del at[last]
    elif isinstance(at, list) and last == len(at):
        at.append(value)
    else:
        at[last] = value
    return copied


POD = "spec/template/spec"
CONTAINER = f"{POD}/containers/0"
TOKEN = {"name": "DISCORD_TOKEN", "value": "a.b.c"}
MISSPELT = {"name": "LOG_LEVLE", "value": "INFO"}
WHOLE = {
    "path": "/",
    "pathType": "Prefix",
    "backend": {"service": {"name": "imagine", "port": {"name": "web"}}},
}
FAULTS: list[tuple[Callable[[Objects], Iterator[str]], str, str, object]] = [
    (fits_the_schemas, "Deployment", "spec/replica", 2),
    (fits_the_schemas, "Deployment", "spec/replicas", "2"),
    (fits_the_schemas, "NetworkPolicy", "spec/egress/0/ports/0/port", 53.5),
    (fits_the_schemas, "Ingress", "spec/rules/0/http/paths/0/pathType", GONE),
    (has_settings_of_the_bot, "ConfigMap", "data/INTERACTION", "http"),
    (has_settings_of_the_bot, "ConfigMap", "data/INTERACTIONS", "htpp"),
    (has_settings_of_the_bot, "ConfigMap", "data/PUBLIC_URL", "http://imagine.example.com"),
    (has_settings_of_the_bot, "Deployment", f"{CONTAINER}/env/6", MISSPELT),
    (has_secrets_only_by_reference, "Deployment", f"{CONTAINER}/env/0", TOKEN),
    (has_secrets_only_by_reference, "ConfigMap", "data/PIXAZO_API_KEY", "key"),
    (
        has_secrets_only_by_reference,
        "Deployment",
        f"{CONTAINER}/env/1/valueFrom/secretKeyRef/key",
        "KEY",
    ),
    (
        has_secrets_only_by_reference,
        "Deployment",
        f"{CONTAINER}/env/3/valueFrom/secretKeyRef/optional",
        False,
    ),
    (fits_the_image, "Deployment", f"{POD}/securityContext/runAsUser", 1000),
    (fits_the_image, "Deployment", f"{CONTAINER}/ports/0/containerPort", 9090),
    (fits_the_image, "Deployment", f"{CONTAINER}/volumeMounts/0", GONE),
    (fits_the_image, "Deployment", f"{CONTAINER}/image", "registry.example.com/imagine:latest"),
    (is_probed, "Deployment", f"{CONTAINER}/livenessProbe/httpGet/path", "/readyz"),
    (is_probed, "Deployment", f"{CONTAINER}/readinessProbe/httpGet/path", "/healthz"),
    (is_probed, "Deployment", f"{CONTAINER}/startupProbe", GONE),
    (is_restricted, "Deployment", f"{CONTAINER}/securityContext/readOnlyRootFilesystem", False),
    (is_restricted, "Deployment", f"{POD}/securityContext/runAsNonRoot", GONE),
    (is_restricted, "Deployment", f"{POD}/enableServiceLinks", GONE),
    (is_restricted, "Deployment", f"{CONTAINER}/resources/limits/memory", GONE),
    (has_the_time_to_end, "Deployment", f"{POD}/terminationGracePeriodSeconds", 30),
    (has_the_time_to_end, "ConfigMap", "data/DRAIN_SECONDS", "60"),
    (is_never_away_as_a_whole, "Deployment", "spec/replicas", 1),
    (is_never_away_as_a_whole, "Deployment", "spec/strategy/rollingUpdate/maxUnavailable", 1),
    (is_never_away_as_a_whole, "StatefulSet", "spec/replicas", 3),
    (is_never_away_as_a_whole, "PodDisruptionBudget", "spec/maxUnavailable", "100%"),
    (keeps_nothing_on_a_node, "ConfigMap", "data/FILES_URL", "file:/data/files"),
    (selects_its_pods, "Service", "spec/selector", {"app": "imagine"}),
    (selects_its_pods, "PodDisruptionBudget", "spec/selector", GONE),
    (selects_its_pods, "NetworkPolicy", "spec/podSelector", {"matchLabels": {"app": "imagine"}}),
    (publishes_only_what_is_posted, "Ingress", "spec/rules/0/http/paths/2", WHOLE),
    (publishes_only_what_is_posted, "Ingress", "spec/rules/0/http/paths/0/path", "/metrics"),
    (publishes_only_what_is_posted, "Ingress", "spec/rules/0/host", "other.example.com"),
    (publishes_only_what_is_posted, "Service", "spec/ports/0/targetPort", 8081),
    (is_reached_and_reaches_what_it_needs, "NetworkPolicy", "spec/egress/0", GONE),
    (is_reached_and_reaches_what_it_needs, "NetworkPolicy", "spec/egress/2", GONE),
    (is_reached_and_reaches_what_it_needs, "NetworkPolicy", "spec/ingress/0/from", []),
    (is_reached_and_reaches_what_it_needs, "NetworkPolicy", "spec/policyTypes", ["Ingress"]),
]


@pytest.mark.parametrize(
    ("rule", "kind", "path", "value"), FAULTS, ids=lambda part: getattr(part, "__name__", None)
)
def test_a_fault_is_found(built, rule, kind, path, value):
    objects = built[GATEWAY if kind == "StatefulSet" else BASE]

    assert list(rule(changed(objects, kind, path, value)))


def test_each_rule_finds_a_fault():
    assert {rule for rule, *_ in FAULTS} == set(RULES)


def test_the_example_of_a_secret_has_none():
    example = yaml.safe_load((FOLDER / BASE / "secret.example.yaml").read_text())

    assert list(fits_the_schemas([example])) == []
    assert example["stringData"].keys() == SECRETS
    assert {name for name, text in example["stringData"].items() if text} == {"DATABASE_URL"}


def test_the_count_of_shards_is_set_once(tmp_path):
    """As many pods, each with a shard of its own."""
    copied = tmp_path / "kubernetes"
    for file in FOLDER.rglob("*.*"):
        target = copied / file.relative_to(FOLDER)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.read_text().replace("SHARD_COUNT=2", "SHARD_COUNT=4"))
    objects = build(copied / GATEWAY)

    assert [problem for rule in RULES for problem in rule(objects)] == []
    shards = [Settings(texts).shards for texts in environments(objects)]
    assert {each.count for each in shards} == {4}
    assert sorted(shard for each in shards for shard in each.ids) == [0, 1, 2, 3]


def test_equal_pods_take_their_shards_by_lease(built):
    shards = [Settings(texts).shards for texts in environments(built[AUTO])]

    assert {each.leased for each in shards} == {True}
