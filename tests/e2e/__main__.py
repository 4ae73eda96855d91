"""`python -m tests.e2e`: the whole loop on the cluster that `kubectl` points at, told as it goes.

Exits 0 after everything was as told, 1 with one message otherwise. Plain Deployments always; KServe too where the
cluster has its API.
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.e2e.story import Story
from tests.namespaces import CommandError, Namespace, run


def main() -> int:
    """Tell the story in each mode that the cluster can."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e", description="Run the loop on a real cluster.")
    parser.add_argument("--images", default="localhost/credence", help="where the images are: IMAGES/predictor …")
    parser.add_argument("--tag", default="dev", help="their tag")
    parser.add_argument("--mode", choices=("deployment", "kserve"), help="one mode alone")
    arguments = parser.parse_args()
    images = [
        f"--set=image.tag={arguments.tag}",
        *(
            f"--set=image.{name}.repository={arguments.images}/{name}"
            for name in ("predictor", "explainer", "platform")
        ),
    ]
    try:
        for mode in _modes(arguments.mode):
            began = time.monotonic()
            story = Story(Namespace(f"credence-e2e-{mode}"), mode, images)
            print(f"The loop in mode {mode}, in namespace {story.space.name}", flush=True)
            try:
                story.tell()
            except CommandError as error:
                raise CommandError(f"{error}\n\n{story.space.troubles()}") from error
            print(f"\ndone in {time.monotonic() - began:.0f} s: {story.seconds}", flush=True)
    except CommandError as error:
        print(f"\ne2e: {error}", file=sys.stderr)
        return 1
    return 0


def _modes(asked: str | None) -> list[str]:
    if asked:
        return [asked]
    kserve = "serving.kserve.io/v1beta1" in run("kubectl", "api-versions")
    if not kserve:
        print("e2e: the cluster has no KServe, so mode kserve is not tried", flush=True)
    return ["deployment", *(["kserve"] if kserve else [])]


if __name__ == "__main__":
    sys.exit(main())
