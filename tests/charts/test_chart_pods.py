"""What an operator asks of all of the pods reaches every one of them, in both modes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import yaml

from tests.charts.chart import CHART, KSERVE, RenderError, pick, render, served

MODES = {"kserve": (*KSERVE, "--set=serving.mode=kserve"), "deployment": ("--set=serving.mode=deployment",)}


class Pod(NamedTuple):
    """A pod that the release could start."""

    name: str
    metadata: dict[str, Any]
    spec: dict[str, Any]

    @property
    def containers(self) -> list[dict[str, Any]]:
        """All of them, those that only prepare too."""
        return [*self.spec["containers"], *self.spec.get("initContainers", [])]


def pods(mode: str, **values: Any) -> list[Pod]:
    """Every pod of a release with these values of `pods`."""
    options = (f"--set-json=pods.{key}={json.dumps(value)}" for key, value in values.items())
    return pods_of(mode, render(*MODES[mode], *options))


def pods_of(mode: str, objects: list[dict[str, Any]]) -> list[Pod]:
    """Every pod that rendered objects could start."""
    run = yaml.safe_load(pick(objects, "ConfigMap", "credence-run")["data"]["run.yaml"])
    templates = [*objects, *served(objects), {**run, "metadata": {"name": "run"}}]
    return [*_of_templates(templates), *(_of_kserve(objects) if mode == "kserve" else ())]


def _of_templates(objects: list[dict[str, Any]]) -> Iterator[Pod]:
    for each in objects:
        spec = each.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template", {})
        if "containers" in template.get("spec", {}):
            yield Pod(f"{each['kind']} {each['metadata']['name']}", template["metadata"], template["spec"])


def _of_kserve(objects: list[dict[str, Any]]) -> Iterator[Pod]:
    """As the controller puts them together: the runtime's containers, the service's rest, and the initializer."""
    runtime = pick(objects, "ServingRuntime", "credence")["spec"]
    (storage,) = [each for each in objects if each["kind"] == "ClusterStorageContainer"]
    initializer = storage["spec"]["container"]
    (service,) = served(objects)
    annotations = service["metadata"]["annotations"]
    for name, spec in service["spec"].items():
        volumes = runtime["volumes"] if name == "predictor" else spec["volumes"]
        containers = runtime["containers"] if name == "predictor" else spec["containers"]
        parts = {"containers": containers, "initContainers": [initializer], "volumes": volumes}
        yield Pod(f"InferenceService {name}", {"labels": spec["labels"], "annotations": annotations}, spec | parts)


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_there_are_all_pods(mode: str) -> None:
    names = {pod.name.split()[-1].removeprefix("credence-").removeprefix("credit-default-") for pod in pods(mode)}
    platform = {"mlflow", "prefect", "monitor", "worker", "run", "register", "history"}
    assert names == platform | {"predictor", "explainer"}


def test_annotations_and_labels_are_on_every_pod(mode: str) -> None:
    """A mesh's sidecar ends with a Job only if the Job's pod asks for that."""
    chosen = {"annotations": {"sidecar.istio.io/inject": "false"}, "labels": {"cost-centre": "risk"}}
    for pod in pods(mode, **chosen):
        for part, values in chosen.items():
            assert values.items() <= pod.metadata[part].items(), pod.name


@pytest.mark.parametrize("label", ["app.kubernetes.io/component", "credence/serving"])
def test_labels_that_select_are_the_charts(label: str) -> None:
    with pytest.raises(RenderError, match=label):
        pods("deployment", labels={label: "mine"})


def test_user_may_be_left_to_the_cluster(mode: str) -> None:
    for pod in pods(mode):
        assert {pod.spec["securityContext"][key] for key in ("runAsUser", "runAsGroup", "fsGroup")} == {10001}, pod.name
    for pod in pods(mode, userId=None):
        for security in [pod.spec["securityContext"], *(each["securityContext"] for each in pod.containers)]:
            assert not {"runAsUser", "runAsGroup", "fsGroup"} & security.keys(), pod.name
            assert security["runAsNonRoot"], pod.name


def test_pods_go_where_they_are_sent(mode: str) -> None:
    elsewhere = {"weight": 1, "preference": {"matchExpressions": [{"key": "disk", "operator": "Exists"}]}}
    placed = {
        "nodeSelector": {"pool": "credence"},
        "tolerations": [{"key": "credence", "operator": "Exists"}],
        "priorityClassName": "important",
        "runtimeClassName": "gvisor",
        "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [elsewhere]}},
    }
    for pod in pods(mode, **placed):
        assert pod.spec["nodeSelector"] == {"kubernetes.io/arch": "amd64", "pool": "credence"}, pod.name
        for key in ("tolerations", "priorityClassName", "runtimeClassName"):
            assert pod.spec[key] == placed[key], pod.name
        assert pod.spec["affinity"]["nodeAffinity"] == placed["affinity"]["nodeAffinity"], pod.name


def test_nodes_of_another_kind_can_be_asked_for(mode: str) -> None:
    for pod in pods(mode, nodeSelector={"kubernetes.io/arch": None}):
        assert "nodeSelector" not in pod.spec, pod.name


def test_pods_of_the_runs_stay_together_whatever_else_is_asked() -> None:
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    near = {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "database"}}}
    for pod in pods("deployment", affinity={"podAffinity": {required: [near]}}):
        terms = pod.spec["affinity"]["podAffinity"][required]
        assert terms[-1] == near, pod.name
        together = [term["topologyKey"] for term in terms[:-1]]
        shared = pod.name in ("Deployment credence-worker", "Job run", "CronJob credence-history")
        assert together == ["kubernetes.io/hostname"] * shared, pod.name


def test_pods_that_serve_are_spread_as_asked(mode: str) -> None:
    for pod in pods(mode):
        if pod.name.endswith(("predictor", "explainer")):
            (spread,) = pod.spec["topologySpreadConstraints"]
            assert spread["labelSelector"]["matchLabels"].items() <= pod.metadata["labels"].items() | {
                ("app.kubernetes.io/name", "credence"),
                ("app.kubernetes.io/instance", "credence"),
            }


def test_the_world_is_reached_through_the_proxy(mode: str) -> None:
    for pod in pods(mode, proxy={"https": "http://proxy.example.com:3128", "none": ["mlflow.example.com"]}):
        for container in pod.containers:
            environment = {each["name"]: each.get("value") for each in container["env"]}
            assert environment["HTTPS_PROXY"] == environment["https_proxy"] == "http://proxy.example.com:3128"
            direct = set(environment["NO_PROXY"].split(","))
            assert environment["NO_PROXY"] == environment["no_proxy"]
            inside = {"127.0.0.1", ".svc", ".cluster.local", "$(KUBERNETES_SERVICE_HOST)", "credit-default-predictor"}
            assert inside | {"credence-mlflow", "credence-monitor", "mlflow.example.com"} <= direct, pod.name


def test_without_a_proxy_none_is_set(mode: str) -> None:
    names = {each["name"] for pod in pods(mode) for container in pod.containers for each in container["env"]}
    assert not {name for name in names if name.upper().endswith("PROXY")}


def test_authorities_are_trusted_by_every_container(mode: str) -> None:
    for pod in pods(mode, trust={"configMap": "bank-trust", "key": "all.pem"}):
        assert {"name": "trust", "configMap": {"name": "bank-trust"}} in pod.spec["volumes"], pod.name
        for container in pod.containers:
            assert {"name": "SSL_CERT_FILE", "value": "/etc/credence-trust/all.pem"} in container["env"], pod.name
            assert "/etc/credence-trust" in {mount["mountPath"] for mount in container["volumeMounts"]}, pod.name


def test_further_environment_and_volumes_reach_every_container(mode: str) -> None:
    further = {
        "env": [{"name": "TZ", "value": "Europe/Paris"}],
        "envFrom": [{"secretRef": {"name": "login"}}],
        "volumes": [{"name": "keys", "secret": {"secretName": "keys"}}],
        "volumeMounts": [{"name": "keys", "mountPath": "/keys", "readOnly": True}],
    }
    for pod in pods(mode, **further):
        assert further["volumes"][0] in pod.spec["volumes"], pod.name
        for container in pod.containers:
            for part in ("env", "envFrom", "volumeMounts"):
                assert further[part][0] in container[part], (pod.name, container["name"], part)


def test_environment_of_the_charts_own_is_refused(mode: str) -> None:
    """An API server that applies a list by its names refuses one that is in it twice."""
    schema = json.loads((CHART / "values.schema.json").read_text())
    *_, refused = schema["definitions"]["environment"]["items"]["properties"]["name"]["allOf"]
    settings = pods(mode, proxy={"http": "http://proxy"}, trust={"configMap": "trust"})
    names = {each["name"] for pod in settings for container in pod.containers for each in container["env"]}
    others = {name for name in names if not name.startswith("CREDENCE_")}
    assert others <= set(refused["not"]["enum"])
    for name in ("CREDENCE_HOST", "PREFECT_HOME"):
        with pytest.raises(RenderError, match="env"):
            pods(mode, env=[{"name": name, "value": "x"}])


@pytest.mark.parametrize("image", ["predictor", "explainer", "platform"])
def test_each_image_is_pulled_as_it_asks(image: str) -> None:
    objects = render(*MODES["deployment"], f"--set=image.{image}.pullPolicy=Always", "--set=image.pullPolicy=Never")
    for pod in _of_templates([*objects, *served(objects)]):
        for container in pod.containers:
            always = f"/{image}:" in container["image"]
            assert container["imagePullPolicy"] == ("Always" if always else "Never"), pod.name


def test_registry_answers_to_the_clusters_names() -> None:
    objects = render(*MODES["deployment"], "--set=clusterDomain=bank.internal", "--set=mlflow.allowedHosts={mesh:*}")
    (container,) = pick(objects, "Deployment", "credence-mlflow")["spec"]["template"]["spec"]["containers"]
    hosts = next(each["value"] for each in container["env"] if each["name"] == "MLFLOW_SERVER_ALLOWED_HOSTS").split(",")
    assert {"credence-mlflow.bank.svc.bank.internal:5000", "mesh:*", "localhost:*"} <= set(hosts)


def test_logins_reach_what_asks_and_nothing_else(mode: str) -> None:
    options = [*MODES[mode], "--set=mlflow.existingSecret=registry-login", "--set=prefect.existingSecret=prefect-login"]
    both, one = ["registry-login", "prefect-login"], ["registry-login"]
    found = {}
    for pod in pods_of(mode, render(*options)):
        for container in pod.containers:
            secrets = [each["secretRef"]["name"] for each in container.get("envFrom", []) if "secretRef" in each]
            found[f"{pod.name} {container['name']}"] = secrets
    allowed = {name for name, secrets in found.items() if secrets}
    assert all(found[name] == (one if "initializer" in name else both) for name in allowed), found
    parts = {"history", "monitor", "register", "worker", "run", "initializer"}
    assert {part for part in parts for name in allowed if part in name} == parts
    assert not [name for name in allowed if not any(part in name for part in parts)]


def test_password_in_an_address_is_refused(mode: str) -> None:
    for value in ("mlflow.url", "mlflow.externalUrl", "prefect.url"):
        with pytest.raises(RenderError, match=value.replace(".", "[./]")):
            render(*MODES[mode], f"--set={value}=https://me:secret@example.com")


NAMED = ("image.pullSecrets[0]", "pods.priorityClassName", "pods.runtimeClassName", "pods.trust.configMap")


def test_names_stay_texts(mode: str) -> None:
    """Kubernetes' names may be digits alone, and YAML must not take them for numbers."""
    names = [f"--set-string={path}=2024" for path in (*NAMED, "mlflow.existingSecret", "data.existingClaim")]
    objects = render(*MODES[mode], *names, namespace="2024")
    assert {each["metadata"]["namespace"] for each in objects if "namespace" in each["metadata"]} == {"2024"}
    for pod in pods_of(mode, objects):
        assert pod.spec["priorityClassName"] == pod.spec["runtimeClassName"] == "2024"
        assert {"name": "trust", "configMap": {"name": "2024"}} in pod.spec["volumes"]
