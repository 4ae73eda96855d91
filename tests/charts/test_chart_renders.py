"""What the chart makes of its values, where `helm` is on this machine."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
import yaml

from tests.charts.chart import CHART, GATEWAY, KSERVE, RenderError, pick, render, served
from tests.programs import program

DEPLOYMENT = ("--set", "serving.mode=deployment")


def _pods(objects: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The spec of every pod that the release could start, by kind and name."""
    found = {}
    for each in objects:
        spec = each.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec)
        if "containers" in spec.get("template", {}).get("spec", {}):
            found[f"{each['kind']} {each['metadata']['name']}"] = spec["template"]["spec"]
    return found


def _everything() -> dict[str, dict[str, Any]]:
    objects = render(*DEPLOYMENT, "--set", "data.existingClaim=tables")
    run = {"kind": "Job", **yaml.safe_load(pick(objects, "ConfigMap", "credence-run")["data"]["run.yaml"])}
    run["metadata"]["name"] = "run"
    return _pods([*objects, *served(objects), run])


def test_all_pods_are_restricted() -> None:
    for name, pod in _everything().items():
        assert pod["securityContext"]["runAsNonRoot"], name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in [*pod["containers"], *pod.get("initContainers", [])]:
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"], name
            assert not security["allowPrivilegeEscalation"], name
            assert security["capabilities"] == {"drop": ["ALL"]}, name
            assert "limits" in container["resources"], name


def test_tokens_go_to_those_who_ask_the_api() -> None:
    mounted = {name for name, pod in _everything().items() if pod["automountServiceAccountToken"]}
    assert mounted == {"Deployment credence-worker", "Job credence-register", "CronJob credence-history", "Job run"}


def test_every_process_that_stays_is_probed() -> None:
    for name, pod in _everything().items():
        if name.startswith("Deployment"):
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                assert "httpGet" in pod["containers"][0][probe], name


def test_one_process_has_a_volume_with_sqlite() -> None:
    for component in ("mlflow", "prefect", "monitor"):
        assert (
            pick(render(*DEPLOYMENT), "Deployment", f"credence-{component}")["spec"]["strategy"]["type"] == "Recreate"
        )


@pytest.mark.parametrize("component", ["mlflow", "prefect"])
def test_a_url_replaces_a_component(component: str) -> None:
    objects = render(*DEPLOYMENT, "--set", f"{component}.url=https://{component}.example.com/")
    assert not [
        each
        for each in objects
        if each["metadata"]["name"] == f"credence-{component}" and each["kind"] != "NetworkPolicy"
    ]
    settings = pick(objects, "ConfigMap", "credence-run-settings")["data"]
    assert settings[f"CREDENCE_{component.upper()}_URL"] == f"https://{component}.example.com"


def test_predictors_ship_nowhere_without_monitor() -> None:
    objects = render(*DEPLOYMENT, "--set", "monitor.enabled=false")
    predictor = served(objects)[0]["spec"]["template"]["spec"]["containers"][0]
    assert "CREDENCE_MONITOR_URL" not in {each["name"] for each in predictor["env"]}
    assert not [
        each for each in objects if each["metadata"]["name"] == "credence-monitor" and each["kind"] == "Deployment"
    ]


def test_database_comes_from_a_secret() -> None:
    objects = render(*DEPLOYMENT, "--set", "database.existingSecret=urls")
    for component in ("mlflow", "prefect", "monitor"):
        (container,) = pick(objects, "Deployment", f"credence-{component}")["spec"]["template"]["spec"]["containers"]
        assert {"secretKeyRef": {"name": "urls", "key": component}} in [
            each.get("valueFrom") for each in container["env"]
        ]
    claims = {each["metadata"]["name"] for each in objects if each["kind"] == "PersistentVolumeClaim"}
    assert claims == {"credence-mlflow", "credence-monitor", "credence-runs"}


def test_both_modes_serve_the_same_containers() -> None:
    runtime = pick(render(*KSERVE), "ServingRuntime", "credence")["spec"]["containers"][0]
    (service,) = served(render(*KSERVE))
    deployments = [each["spec"]["template"]["spec"]["containers"][0] for each in served(render(*DEPLOYMENT))[::2]]
    for one, other in zip([runtime, service["spec"]["explainer"]["containers"][0]], deployments, strict=True):
        for key in ("image", "command", "resources", "readinessProbe", "securityContext", "ports"):
            assert one[key] == other[key]
        assert [each for each in one["env"] if each["name"] != "STORAGE_URI"] == other["env"]


def test_version_is_immutable_and_of_this_release() -> None:
    (service,) = served(render(*KSERVE))
    uri = "mlflow://credence.bank/credit-default/3"
    assert service["spec"]["predictor"]["model"]["storageUri"] == uri
    assert {"name": "STORAGE_URI", "value": uri} in service["spec"]["explainer"]["containers"][0]["env"]
    assert service["metadata"]["annotations"]["credence/version"] == "3"
    prefix = pick(render(*KSERVE), "ClusterStorageContainer", "bank-credence")["spec"]["supportedUriFormats"]
    assert prefix == [{"prefix": "mlflow://credence.bank/"}]


def test_no_pod_of_a_new_version_takes_an_old_ones_place_early() -> None:
    for each in served(render(*DEPLOYMENT))[::2]:
        assert each["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}


@pytest.mark.parametrize(("replicas", "budgets"), [(1, 0), (2, 1)])
def test_two_pods_have_a_disruption_budget(replicas: int, budgets: int) -> None:
    objects = render(*DEPLOYMENT, "--set", f"serving.predictor.replicas={replicas}")
    assert len([each for each in objects if each["kind"] == "PodDisruptionBudget"]) == budgets


def test_volumes_are_kept() -> None:
    claims = [each for each in render(*DEPLOYMENT) if each["kind"] == "PersistentVolumeClaim"]
    assert len(claims) == 4
    assert all(each["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep" for each in claims)


def test_prefects_placeholders_are_left_to_it() -> None:
    text = pick(render(*DEPLOYMENT), "ConfigMap", "credence-run")["data"]["run.yaml"]
    assert 'generateName: "{{ name }}-"' in text
    assert 'labels: "{{ labels }}"' in text
    assert 'args: "{{ command }}"' in text


def test_history_waits_for_data() -> None:
    assert pick(render(*DEPLOYMENT), "CronJob", "credence-history")["spec"]["suspend"]
    given = pick(render(*DEPLOYMENT, "--set", "history.data=/data"), "CronJob", "credence-history")["spec"]
    assert not given["suspend"]
    assert given["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["args"] == ["/data"]


def test_only_the_review_can_be_read_of_the_monitor() -> None:
    hosts = [f"--set=gateway.hosts.{name}={name}.example.com" for name in ("predictor", "explainer", "review")]
    objects = render(
        *DEPLOYMENT, *GATEWAY, "--set=gateway.enabled=true", "--set=gateway.parentRefs[0].name=public", *hosts
    )
    routes = {each["metadata"]["name"]: each["spec"]["rules"] for each in objects if each["kind"] == "HTTPRoute"}
    assert set(routes) == {"credence-predictor", "credence-explainer", "credence-review"}
    assert routes["credence-review"] == [
        {
            "matches": [{"path": {"type": "PathPrefix", "value": "/review"}, "method": "GET"}],
            "backendRefs": [{"name": "credence-monitor", "port": 8090}],
        }
    ]


def test_images_go_by_digest_where_one_is_given() -> None:
    digest = "sha256:" + "0" * 64
    objects = render(*DEPLOYMENT, "--set", f"image.platform.digest={digest}", "--set", "image.tag=1.2.3")
    images = [each["spec"]["template"]["spec"]["containers"][0]["image"] for each in served(objects)[::2]]
    (platform,) = pick(objects, "Deployment", "credence-mlflow")["spec"]["template"]["spec"]["containers"]
    assert platform["image"] == f"ghcr.io/credence-platform/credence/platform@{digest}"
    assert images == [f"ghcr.io/credence-platform/credence/{name}:1.2.3" for name in ("predictor", "explainer")]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "does not serve the API serving.kserve.io/v1beta1: install KServe first, or set serving.mode=deployment"),
        ((*DEPLOYMENT, "--set=gateway.enabled=true"), "does not serve the API gateway.networking.k8s.io/v1"),
        ((*DEPLOYMENT, *GATEWAY, "--set=gateway.enabled=true"), "gateway.parentRefs must name a Gateway"),
        (
            (*DEPLOYMENT, *GATEWAY, "--set=gateway.enabled=true", "--set=gateway.parentRefs[0].name=public"),
            "at least one of gateway.hosts.predictor, gateway.hosts.explainer and gateway.hosts.review",
        ),
        ((*DEPLOYMENT, "--set=serving.modus=kserve"), "modus"),
    ],
)
def test_what_cannot_work_is_refused(options: tuple[str, ...], says: str) -> None:
    with pytest.raises(RenderError, match=says.replace(".", r"\.")):
        render(*options)


@pytest.mark.parametrize("release", ["0", "2024-01-01", "y", "1e3"])
def test_release_may_be_called_as_helm_allows(release: str) -> None:
    """A Service's name begins with a letter, and a label is a text."""
    command = [program("helm"), "template", release, str(CHART), *DEPLOYMENT, "--kube-version", "1.34.0"]
    rendered = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    objects = [each for each in yaml.load_all(rendered, yaml.CSafeLoader) if each]
    assert {each["metadata"]["labels"]["app.kubernetes.io/instance"] for each in objects} == {release}
    assert f'app.kubernetes.io/instance: "{release}"' in rendered
    assert all(each["metadata"]["name"][0].isalpha() for each in objects if each["kind"] == "Service")
