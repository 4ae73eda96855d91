"""The loop told on a cluster: install, train, promote, ask, change the world, roll back, upgrade, remove."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from flows.demo.story import APPLICATIONS, ORDINARY
from tests.charts.chart import CHART
from tests.namespaces import CommandError, Namespace, until
from training.bundle import MODEL

HERE = Path(__file__).parent
RELEASE = "credence"
CLIENTS, SEED = 15_000, 0
"""Those of `credence demo`, as its windows are."""
_ASK_PAUSE = "0.5"
_KEPT = ("mlflow", "monitor", "prefect", "runs")
"""Whose volumes stay when the release is removed."""
_KINDS = (
    *("deployments", "replicasets", "pods", "jobs", "cronjobs", "services", "configmaps", "secrets", "leases"),
    *("serviceaccounts", "roles", "rolebindings", "networkpolicies", "poddisruptionbudgets", "persistentvolumeclaims"),
)


@dataclass
class Story:
    """Where it is told, and what was found."""

    space: Namespace
    mode: str
    values: Sequence[str]
    """Further options of helm: the images that the cluster has."""
    seconds: dict[str, float] = field(default_factory=dict)
    answered: int = 0
    """Applications answered to the lender itself, beside those of the caller."""

    def tell(self) -> None:
        """From an empty namespace to an empty namespace. Raises CommandError where it is not as told."""
        with self._step("a namespace with pod security `restricted`, and the chart in it"):
            self._install()
        with self._step("a lender's tables, and a first version by a Job"):
            self._train()
        with self._step("the first version goes live"):
            self._promote()
        with self._step("clients apply who are like those that were learned from"):
            self._ordinary()
        with self._step("the world changes; the verdict, and a retraining by itself"):
            self._change()
        with self._step("rollback, and back"):
            self._roll_back()
        with self._step("each pod is deleted once"):
            self._delete_pods()
        with self._step("the release is upgraded with other values"):
            self._upgrade()
        with self._step("the caller is asked how it went, and the monitor what it holds"):
            self._count()
        with self._step("the release is removed"):
            self._uninstall()

    def _install(self) -> None:
        self.space.make()
        self.space.helm("install", RELEASE, str(CHART), *self._options(), "--wait", "--timeout", "10m")
        status = self._status()
        _say(f"installed; live: {status['live']}")
        if status["live"] is not None:
            raise CommandError(f"nothing should serve before a first version, but version {status['live']} does")

    def _train(self) -> None:
        self._lender_moves_in()
        self._lender("tables", str(CLIENTS), str(SEED))
        self._lender("draw", "ordinary", "published", str(ORDINARY), str(SEED))
        _say(self._credence("train", "--data", "/var/lib/credence/lender", "--trials", "2"))

    def _promote(self) -> None:
        _say(self._credence("promote"))
        self._expect_live("1")

    def _ordinary(self) -> None:
        self._submit("ordinary")
        told = self._lender("explanation", "ordinary")
        answered, explained = told["answered"], told["explained"]
        if explained["probability"] != answered["probability"]:
            raise CommandError(f"answered was {answered['probability']}, explained is {explained['probability']}")
        reasons = "; ".join(reason["english"] for reason in explained["reasons"])
        _say(f"client {answered['client']}: {answered['probability']:.3f}, {answered['decision']}: {reasons}")
        self._lender("outcomes", "ordinary")
        self._credence("review")  # it is less than a window has, which would close by itself in a week
        self._expect_verdict("keep")

    def _change(self) -> None:
        self._lender("draw", "early", "changed", str(APPLICATIONS), str(SEED))
        self._lender("draw", "late", "changed", str(APPLICATIONS), str(SEED))
        self.space.kubectl("create", "job", "nightly", f"--from=cronjob/{RELEASE}-history")
        self.space.kubectl("wait", "job/nightly", "--for=condition=complete", "--timeout=5m")
        self._submit("early")
        self._submit("late")
        told = self._lender("outcomes", "early", "late")
        _say(f"{told['told']:,} outcomes, {told['defaults']:,} defaults")
        self._call()
        verdict = self._expect_verdict("retrain")
        actions = until("the retraining's end", lambda: self._ended(verdict), 900, pause=5)
        for action in actions:
            _say(f"  {action['what']}")
        self._expect_live("2")

    def _roll_back(self) -> None:
        for version in ("1", "2"):
            _say(self._credence("rollback"))
            self._expect_live(version)

    def _delete_pods(self) -> None:
        for component in ("predictor", "explainer", "monitor", "mlflow", "prefect", "worker"):
            (pod, *_) = self._pods(component)
            self.space.kubectl("delete", "pod", pod, "--wait")
            until(f"another {component}", lambda c=component: self._all_ready(c), 240)
            _say(f"{component}: {pod} deleted, another one is ready")

    def _upgrade(self) -> None:
        before, tokens = self._status(), self._tokens()
        changed = ("--set", "monitor.retentionDays=100", "--set", "serving.unknown=reject")
        self.space.helm("upgrade", RELEASE, str(CHART), *self._options(), *changed, "--wait", "--timeout", "10m")
        self._expect_live("2")
        after = self._status()
        if after["aliases"] != before["aliases"] or len(after["changes"]) < len(before["changes"]):
            raise CommandError(f"the upgrade lost something: {before} became {after}")
        if self._tokens() != tokens:
            raise CommandError("the upgrade made other tokens, which no running pod knows")
        _say("aliases, audit trail and tokens as before, the serving template as the new values say")

    def _count(self) -> None:
        self.space.kubectl("exec", "caller", "--", "sh", "-c", "kill -TERM 1")
        counted = json.loads(until("the caller's end", lambda: self._logs("caller"), 60).splitlines()[-1])
        answered = self.answered + sum(counted["versions"].values())
        held = until("all records", lambda: self._held(answered), 120)
        _say(
            f"the caller asked {counted['asked']:,} times, {counted['failed']} failed, by version "
            f"{counted['versions']}, the slowest {counted['slowest_ms']:.0f} ms"
        )
        _say(f"{answered:,} applications were answered, {held['stored']:,} are recorded, {held['missing']} are missing")
        if counted["failed"]:
            raise CommandError(f"{counted['failed']} requests failed: {counted['first_failure']}")

    def _uninstall(self) -> None:
        self.space.kubectl("delete", "pod", "caller", "lender", "--grace-period=1")
        self.space.helm("uninstall", RELEASE, "--wait", "--timeout", "5m")
        left = until("everything's end", lambda: self._only_volumes(), 180)
        _say(f"left, as it says: {', '.join(left)}")
        self.space.kubectl("delete", "namespace", self.space.name, "--timeout=3m")

    # ---------------------------------------------------------------- what it is made of

    def _credence(self, *arguments: str) -> str:
        return self.space.kubectl("exec", f"deploy/{RELEASE}-worker", "--", "credence", *arguments)

    def _status(self) -> dict[str, Any]:
        return dict(json.loads(self._credence("status", "--json")))

    def _options(self) -> list[str]:
        files = (CHART / "values-small.yaml", HERE / "values.yaml")
        return [*(f"--values={file}" for file in files), "--set", f"serving.mode={self.mode}", *self.values]

    def _lender_moves_in(self) -> None:
        """A pod with the platform's image and settings, and the volume that its runs share."""
        script = (HERE / "lender.py").read_text()
        self.space.apply(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "lender"}, "data": {"lender.py": script}},
            self._pod("lender", ["sleep", "infinity"]),
        )
        self.space.kubectl("wait", "pod/lender", "--for=condition=Ready", "--timeout=120s")

    def _call(self) -> None:
        """Somebody keeps asking for one refused client, whose outcome nobody waits for."""
        body = "/var/lib/credence/lender/request.json"
        chosen = self._lender("request", "ordinary", body)
        url = f"http://{MODEL}-predictor/v2/models/{MODEL}/infer"
        self.space.apply(self._pod("caller", ["python", "-m", "flows.demo.caller", url, body, _ASK_PAUSE]))
        self.space.kubectl("wait", "pod/caller", "--for=condition=Ready", "--timeout=120s")
        _say(f"from now on somebody keeps asking for client {chosen['client']}")

    def _pod(self, name: str, command: list[str]) -> dict[str, Any]:
        """A pod like those of the platform's runs: their image, settings, volume and place in the network."""
        run = self.space.one("configmap", f"{RELEASE}-run")["data"]
        return _as_pod(next(iter(run.values())), name, command)

    def _lender(self, *arguments: str) -> Any:
        command = ("exec", "lender", "--", "python", "/lender/lender.py", *arguments)
        return json.loads(self.space.kubectl(*command))

    def _submit(self, name: str) -> None:
        told = self._lender("submit", name)
        self.answered += told["answered"]
        _say(
            f"{told['answered']:,} of {told['asked']:,} applications answered in {told['seconds']} s by version "
            f"{', '.join(told['versions'])}, {told['refused']:,} refused, history found for {told['known']:,}"
        )

    def _expect_verdict(self, judgement: str) -> str:
        def found() -> Any:
            verdicts = self._lender("monitor", "/v1/verdicts")["verdicts"]
            return verdicts[0] if verdicts and verdicts[0]["judgement"] == judgement else None

        verdict = until(f"the verdict {judgement}", found, 180)
        _say(f"verdict {verdict['id']}: {judgement}. {verdict['why'][0]}")
        return str(verdict["id"])

    def _ended(self, verdict: str) -> list[dict[str, Any]]:
        actions: list[dict[str, Any]] = self._lender("monitor", f"/v1/verdicts/{verdict}")["actions"]
        said = actions[-1]["what"] if actions else ""
        if "failed" in said:
            raise CommandError(f"the retraining failed: {said}")
        return actions if re.search("is live|refused|undecided|undone", said) else []

    def _expect_live(self, version: str) -> None:
        live = self._status()["live"]
        if live != version:
            raise CommandError(f"version {live} is live, expected {version}")
        _say(f"version {version} is live")

    def _pods(self, component: str) -> list[str]:
        found = self.space.get("pods")
        prefix = f"{_owner(component)}-{component}-"
        return [
            pod["metadata"]["name"]
            for pod in found
            if pod["metadata"]["name"].startswith(prefix) and "deletionTimestamp" not in pod["metadata"]
        ]

    def _all_ready(self, component: str) -> bool:
        status = self.space.one("deployment", f"{_owner(component)}-{component}")["status"]
        return int(status.get("readyReplicas", 0)) == int(status["replicas"]) == int(status["updatedReplicas"])

    def _tokens(self) -> Any:
        return self.space.one("secret", f"{RELEASE}-tokens")["data"]

    def _logs(self, pod: str) -> str | None:
        phase = self.space.one("pod", pod)["status"]["phase"]
        return self.space.kubectl("logs", pod) if phase in ("Succeeded", "Failed") else None

    def _held(self, answered: int) -> dict[str, Any] | None:
        held: dict[str, Any] = self._lender("monitor", "/v1/status")
        if held["stored"] > answered:
            raise CommandError(f"{answered:,} were answered, but {held['stored']:,} are recorded")
        return held if held["stored"] == answered and held["missing"] == 0 else None

    def _only_volumes(self) -> list[str] | None:
        kinds = ",".join(_KINDS)
        found = [f"{one['kind']} {one['metadata']['name']}" for one in self.space.get(kinds)]
        own = ("ConfigMap kube-root-ca.crt", "ConfigMap lender", "ServiceAccount default")
        left = sorted(one for one in found if one not in own)
        expected = sorted(f"PersistentVolumeClaim {RELEASE}-{name}" for name in _KEPT)
        return left if left == expected else None

    @contextmanager
    def _step(self, title: str) -> Iterator[None]:
        began = time.monotonic()
        print(f"\n{len(self.seconds) + 1}. {title}", flush=True)
        yield
        self.seconds[title] = round(time.monotonic() - began, 1)


def _as_pod(job: str, name: str, command: list[str]) -> dict[str, Any]:
    """The pod that a template of a run's Job has, with another command and the lender's script."""
    spec = yaml.safe_load(re.sub(r"\{\{.*?\}\}", "x", job))["spec"]["template"]
    pod = spec["spec"] | {"restartPolicy": "Never", "terminationGracePeriodSeconds": 10}
    pod.pop("parallelism", None)
    pod.pop("completions", None)
    (container, *_) = pod["containers"]
    container = {name: value for name, value in container.items() if name != "args"}
    container |= {"name": name, "command": command}
    container["volumeMounts"] = [*container.get("volumeMounts", []), {"name": "lender", "mountPath": "/lender"}]
    pod["containers"] = [container]
    pod["volumes"] = [*pod.get("volumes", []), {"name": "lender", "configMap": {"name": "lender"}}]
    labels = spec.get("metadata", {}).get("labels", {})
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": pod}


def _owner(component: str) -> str:
    return MODEL if component in ("predictor", "explainer") else RELEASE


def _say(text: str) -> None:
    for line in text.strip().splitlines():
        print(f"   {line}", flush=True)
