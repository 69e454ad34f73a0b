"""Rules that the objects of ``deploy/kubernetes`` obey; each yields what is wrong."""

import re
import subprocess
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import kubernetes_validate  # type: ignore[import-untyped]
import yaml  # type: ignore[import-untyped]

from bot.errors import InvalidSettings
from bot.settings import Secret, Settings
from bot.web import callbacks, health, interactions

PROJECT = Path(__file__).parents[1]
FOLDER = PROJECT / "deploy" / "kubernetes"
BASE, GATEWAY, AUTO = "base", "gateway", "gateway-auto"
VERSION = "1.37"  # of Kubernetes, by whose schemas
KUBECTL = Path(sysconfig.get_path("scripts")) / "kubectl"
WORKLOADS = ("Deployment", "StatefulSet")
FILLED = {
    "DISCORD_TOKEN": "a.b.c",
    "PIXAZO_API_KEY": "key",
    "DATABASE_URL": "postgresql+asyncpg://user:password@host/database",
}
OPTIONAL = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "ALERT_WEBHOOK_URL"}
SECRETS = FILLED.keys() | OPTIONAL
HINTS = get_type_hints(Settings, include_extras=True)
POD_INDEX = "metadata.labels['apps.kubernetes.io/pod-index']"

Object = dict[str, Any]
Objects = list[Object]


def build(folder: Path) -> Objects:
    built = subprocess.run([KUBECTL, "kustomize", folder], capture_output=True, check=True)
    return list(yaml.safe_load_all(built.stdout))


def only(objects: Objects, *kinds: str) -> Object:
    (found,) = (one for one in objects if one["kind"] in kinds)
    return found


def pod(objects: Objects) -> Object:
    return only(objects, *WORKLOADS)["spec"]["template"]["spec"]


def variables(objects: Objects) -> dict[str, Object]:
    return {entry["name"]: entry for entry in pod(objects)["containers"][0]["env"]}


def environments(objects: Objects) -> list[dict[str, str]]:
    """Return the environment of each pod, by names in lower case."""
    texts = FILLED | only(objects, "ConfigMap")["data"]
    replicas = only(objects, *WORKLOADS)["spec"]["replicas"]
    indexed = {
        name
        for name, entry in variables(objects).items()
        if entry.get("valueFrom", {}).get("fieldRef") == {"fieldPath": POD_INDEX}
    }
    named = [texts | dict.fromkeys(indexed, str(index)) for index in range(replicas)]
    return [{name.lower(): text for name, text in each.items()} for each in named]


def in_image(instruction: str) -> str:
    (words,) = re.findall(
        rf"^{instruction} (\S+)$", (PROJECT / "Dockerfile").read_text(), re.MULTILINE
    )
    return words


def hidden() -> set[str]:
    """Return the names of all settings that are secrets."""
    kinds = {name: get_args(hint)[0] for name, hint in HINTS.items() if get_args(hint)}
    return {name.upper() for name, kind in kinds.items() if Secret in (kind, *get_args(kind))}


def routes() -> set[str]:
    """Return the paths that a bot serves for probes and for posts."""
    everything: Any = None
    served = [
        *health.routes(everything),
        *callbacks.routes(everything, everything, everything),
        *interactions.routes(everything),
    ]
    return {route.path.partition("{")[0] for route in served}


def fits_the_schemas(objects: Objects) -> Iterator[str]:
    for one in objects:
        try:
            kubernetes_validate.validate(one, VERSION, strict=True)
        except kubernetes_validate.ValidationError as error:
            yield f"{one['kind']}: {error.message}"


def has_settings_of_the_bot(objects: Objects) -> Iterator[str]:
    known = {name.upper() for name in Settings.model_fields}
    plain = only(objects, "ConfigMap")["data"]
    yield from (f"{name} is no setting" for name in {*plain, *variables(objects)} - known)
    for texts in environments(objects):
        try:
            Settings(texts)
        except InvalidSettings as error:
            yield str(error)


def has_secrets_only_by_reference(objects: Objects) -> Iterator[str]:
    referenced = {
        name: entry["valueFrom"]["secretKeyRef"]
        for name, entry in variables(objects).items()
        if "secretKeyRef" in entry.get("valueFrom", {})
    }
    example = yaml.safe_load((FOLDER / BASE / "secret.example.yaml").read_text())
    if referenced.keys() != SECRETS or hidden() & only(objects, "ConfigMap")["data"].keys():
        yield "a secret is in the manifests"
    for name, entry in referenced.items():
        if (entry["name"], entry["key"]) != (example["metadata"]["name"], name):
            yield f"{name} is not of the example's Secret"
        if entry.get("optional", False) != (name in OPTIONAL):
            yield f"{name} is not as required as the bot has it"


def fits_the_image(objects: Objects) -> Iterator[str]:
    spec, container = pod(objects), pod(objects)["containers"][0]
    security = spec["securityContext"]
    user = f"{security.get('runAsUser')}:{security.get('runAsGroup')}"
    if user != in_image("USER") or security.get("fsGroup") != security.get("runAsGroup"):
        yield "the user is not the image's"
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    if ports != {"web": int(in_image("EXPOSE"))} or {*ports.values()} != {Settings.web_port}:
        yield "the port is not the bot's"
    empty = {volume["name"] for volume in spec["volumes"] if "emptyDir" in volume}
    mounted = {one["mountPath"] for one in container["volumeMounts"] if one["name"] in empty}
    if not mounted >= {in_image("VOLUME"), "/tmp"}:
        yield "the bot can't write its files"
    name, _, tag = container["image"].rpartition(":")
    if name.rpartition("/")[2] != "imagine" or tag in {"", "latest"}:
        yield "the image is not a version of the bot"


def is_probed(objects: Objects) -> Iterator[str]:
    paths = {"startup": "/healthz", "liveness": "/healthz", "readiness": "/readyz?exclude=lane"}
    for kind, path in paths.items():
        probe = pod(objects)["containers"][0].get(f"{kind}Probe", {}).get("httpGet")
        if probe != {"path": path, "port": "web"} or path.partition("?")[0] not in routes():
            yield f"the {kind} probe asks for another page"


def is_restricted(objects: Objects) -> Iterator[str]:
    spec, container = pod(objects), pod(objects)["containers"][0]
    if not spec["securityContext"].get("runAsNonRoot"):
        yield "it may run as root"
    if spec["securityContext"].get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "system calls are not filtered"
    if container["securityContext"] != {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }:
        yield "the container may do more than it needs"
    if spec.get("automountServiceAccountToken", True) or spec.get("enableServiceLinks", True):
        yield "the cluster gives it a token, or variables"
    if not {"cpu", "memory"} <= container["resources"]["requests"].keys():
        yield "its resources are not told"
    if "memory" not in container["resources"]["limits"]:
        yield "its memory is not bounded"


def has_the_time_to_end(objects: Objects) -> Iterator[str]:
    compose = yaml.safe_load((PROJECT / "compose.yaml").read_text())
    ends_within = float(compose["services"]["imagine"]["stop_grace_period"].removesuffix("s"))
    (draining,) = {Settings(texts).drain_seconds for texts in environments(objects)}
    if pod(objects)["terminationGracePeriodSeconds"] < draining + ends_within:
        yield "it is killed before its end"


def is_never_away_as_a_whole(objects: Objects) -> Iterator[str]:
    spec = only(objects, *WORKLOADS)["spec"]
    if spec["replicas"] < 2:
        yield "there is one pod"
    if only(objects, *WORKLOADS)["kind"] == "Deployment":
        if spec["strategy"]["rollingUpdate"].get("maxUnavailable") != 0:
            yield "an update takes a pod away before its successor is ready"
    elif {one["shard_count"] for one in environments(objects)} != {str(spec["replicas"])}:
        yield "there is not a pod for each shard"
    if only(objects, "PodDisruptionBudget")["spec"].get("maxUnavailable") != 1:
        yield "a drain of nodes may take all pods"


def keeps_nothing_on_a_node(objects: Objects) -> Iterator[str]:
    for texts in environments(objects):
        if Settings(texts).bucket is None or not Settings(texts).shares_store:
            yield "pods keep pictures or orders for themselves"


def selects_its_pods(objects: Objects) -> Iterator[str]:
    labels = only(objects, *WORKLOADS)["spec"]["template"]["metadata"]["labels"]
    policy = only(objects, "NetworkPolicy")["spec"]
    (spread,) = pod(objects)["topologySpreadConstraints"]
    selectors = {
        "workload": only(objects, *WORKLOADS)["spec"]["selector"].get("matchLabels"),
        "Service": only(objects, "Service")["spec"].get("selector"),
        "budget": only(objects, "PodDisruptionBudget")["spec"]
        .get("selector", {})
        .get("matchLabels"),
        "policy": policy["podSelector"].get("matchLabels"),
        "spread": spread["labelSelector"].get("matchLabels"),
    }
    for name, selector in selectors.items():
        if not selector or not selector.items() <= labels.items():
            yield f"the {name} selects no pod"


def publishes_only_what_is_posted(objects: Objects) -> Iterator[str]:
    (rule,), (tls,) = (only(objects, "Ingress")["spec"][part] for part in ("rules", "tls"))
    by_http = only(objects, "ConfigMap")["data"]["INTERACTIONS"] == "http"
    paths = {(entry["path"], entry["pathType"]) for entry in rule["http"]["paths"]}
    if paths != {("/callbacks/", "Prefix"), *([("/interactions", "Exact")] if by_http else [])}:
        yield "other paths are public"
    if not {path for path, _ in paths} <= routes():
        yield "a public path is not the bot's"
    url = only(objects, "ConfigMap")["data"]["PUBLIC_URL"]
    if {f"https://{host}" for host in (rule["host"], *tls["hosts"])} != {url}:
        yield "the host is not that of PUBLIC_URL"
    (port,) = only(objects, "Service")["spec"]["ports"]
    backends = {entry["backend"]["service"]["port"]["name"] for entry in rule["http"]["paths"]}
    if port["targetPort"] != "web" or backends != {port["name"]}:
        yield "the way to the pods ends at another port"


def is_reached_and_reaches_what_it_needs(objects: Objects) -> Iterator[str]:
    policy = only(objects, "NetworkPolicy")["spec"]
    if set(policy["policyTypes"]) != {"Ingress", "Egress"}:
        yield "a direction is open"
    if any(not rule.get("from") for rule in policy["ingress"]):
        yield "everybody reaches the pods"
    if {port["port"] for rule in policy["ingress"] for port in rule["ports"]} != {"web"}:
        yield "the pods are reached at another port"
    if not {port["port"] for rule in policy["egress"] for port in rule["ports"]} >= {53, 443, 5432}:
        yield "the pods don't reach DNS, Discord or PostgreSQL"
    if any(not rule.get("to") for rule in policy["egress"]):
        yield "the pods reach everything"


RULES: tuple[Callable[[Objects], Iterator[str]], ...] = (
    fits_the_schemas,
    has_settings_of_the_bot,
    has_secrets_only_by_reference,
    fits_the_image,
    is_probed,
    is_restricted,
    has_the_time_to_end,
    is_never_away_as_a_whole,
    keeps_nothing_on_a_node,
    selects_its_pods,
    publishes_only_what_is_posted,
    is_reached_and_reaches_what_it_needs,
)
