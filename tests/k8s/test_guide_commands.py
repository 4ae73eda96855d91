"""Commands of the operators' pages: their flags are known, and their values and objects are the chart's."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.charts.chart import values
from tests.docs.pages import blocks
from tests.k8s.guide import ALERTS, GITOPS, GUIDE, PAGES, ROOT, is_value, names, rendered, typed
from tests.k8s.manifests import EXAMPLES, RESTORE, objects
from tests.namespaces import run
from tests.programs import program

EACH = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
KINDS = {
    "deploy": "deployment",
    "svc": "service",
    "pvc": "persistentvolumeclaim",
}
FLAGS = re.compile(r"(?<![\w-])(-\w(?=[ ,=])|--[a-z][\w-]+)")


@functools.cache
def flags(name: str, *path: str) -> frozenset[str]:
    """The flags that a command tells in its help; empty where there is no such command."""
    shown = run(program(name), *path, "--help") + (run(program(name), "options") if name == "kubectl" else "")
    return frozenset(FLAGS.findall(shown)) if f"{name} {' '.join(path)}" in shown else frozenset()


def own(words: list[str]) -> list[str]:
    """The words before `--` or a pipe, behind which another program's begin."""
    return list(itertools.takewhile(lambda word: word not in ("--", "|"), words))


def path_of(words: list[str]) -> tuple[str, ...]:
    """The command's own words: `rollout status`, `create job`, `get`."""
    plain = [word for before, word in itertools.pairwise(words) if not word.startswith("-") and before != "-n"]
    return tuple(plain[:2]) if plain[0] in ("create", "rollout") else tuple(plain[:1])


def unknown_flags(words: list[str]) -> list[str]:
    known = flags(words[0], *path_of(words))
    given = [word.partition("=")[0] for word in own(words)[1:] if word.startswith("-")]
    return [flag for flag in given if flag not in known] if known else [" ".join(path_of(words))]


def settings_of(words: list[str]) -> Iterator[str]:
    for before, word in itertools.pairwise(words):
        if before == "--set":
            yield word.partition("=")[0]


def things_of(words: list[str]) -> Iterator[tuple[str, str]]:
    """Kind and name of each object that a kubectl command names."""
    before = own(words)
    for word in before[1:]:
        kind, slash, name = word.removeprefix("--from=").partition("/")
        # a name in capitals stands for any
        if slash and re.fullmatch("[a-z]+", kind) and not name.isupper():
            yield KINDS.get(kind, kind), name
    for kind, name in itertools.pairwise(before):
        if kind == "inferenceservice":
            yield kind, name


@pytest.mark.parametrize("name", ["helm", "kubectl"])
@EACH
def test_flags_are_known(page: Path, name: str) -> None:
    calls = typed(page, name)
    assert {" ".join(words): unknown for words in calls if (unknown := unknown_flags(words))} == {}


@pytest.mark.parametrize("page", [GUIDE, GITOPS], ids=lambda page: page.stem)
def test_values_are_the_charts(page: Path) -> None:
    said = re.findall(r"`([a-z]\w+(?:\.\w+)+)(?:: \w+|=\w+)?`", page.read_text())
    said = [path for path in said if path.partition(".")[0] in values() and not path.endswith((".yaml", ".sqlite"))]
    said += [path for words in typed(page, "helm") for path in settings_of(words)]
    assert said
    assert [path for path in said if not is_value(path)] == []


@pytest.mark.parametrize("page", [GUIDE, ALERTS], ids=lambda page: page.stem)
def test_pages_name_objects_of_the_chart(page: Path) -> None:
    made = names("kserve") | names("deployment") | {("pod", "restore")}
    canary = {("deployment", f"credit-default-{canary_of_the_guide()['predictor']['name']}-predictor")}
    said = {thing for words in typed(page, "kubectl") for thing in things_of(words)}
    assert len(said) > 3
    assert said - made - canary == set()


def test_examples_page_names_objects_of_the_examples() -> None:
    made = {(item["kind"].lower(), item["metadata"]["name"]) for path in EXAMPLES for item in objects(path)}
    said = {thing for words in typed(ROOT / "k8s" / "README.md", "kubectl") for thing in things_of(words)}
    assert len(said) > 3
    assert said - made == set()


def test_files_of_commands_exist() -> None:
    calls = [words for page in PAGES for name in ("helm", "kubectl", "kind") for words in typed(page, name)]
    files = {word for words in calls for word in words if re.match(r"(k8s|charts|docs)/", word)}
    assert files
    assert [file for file in files if not (ROOT / file).exists()] == []


def canary_of_the_guide() -> dict[str, dict[str, object]]:
    (patch,) = (block for block in blocks(GUIDE.read_text()) if block.content.startswith("# canary.yaml"))
    (canary,) = yaml.safe_load(patch.content)["spec"]["canary"]
    found: dict[str, dict[str, object]] = canary
    return found


def test_canary_is_served_as_the_champion_is() -> None:
    (service,) = (item for item in rendered("kserve") if item["kind"] == "InferenceService")
    served, canary = service["spec"]["predictor"]["model"], canary_of_the_guide()["predictor"]["model"]
    assert isinstance(canary, dict)
    (runtime,) = (item for item in rendered("kserve") if item["kind"] == "ServingRuntime")
    assert canary["name"] == runtime["spec"]["containers"][0]["name"]
    assert canary["runtime"] == served["runtime"]
    assert canary["modelFormat"] == served["modelFormat"]
    assert canary["storageUri"] == served["storageUri"]


def test_restore_takes_a_claim_of_the_chart() -> None:
    (pod,) = objects(RESTORE)
    volume, _ = pod["spec"]["volumes"]
    assert ("persistentvolumeclaim", volume["persistentVolumeClaim"]["claimName"]) in names("kserve")
