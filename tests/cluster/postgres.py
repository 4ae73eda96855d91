"""A PostgreSQL in a test's namespace, with a database for each part of a release."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from tests.charts.release import image, restricted
from tests.namespaces import Namespace

DRIVERS = {"mlflow": "psycopg", "monitor": "psycopg", "prefect": "asyncpg"}
"""The databases, and by what each is asked from Python."""
PASSWORD = "%41 p@ss:word/?#"
"""Nothing that a URL can say as it is."""
QUOTED = quote(PASSWORD, safe="")
_TO_IT = [{"to": [{"podSelector": {"matchLabels": {"app": "postgres"}}}], "ports": [{"port": 5432}]}]
OPTIONS = (
    "--set=database.existingSecret=databases",
    f"--set-json=networkPolicy.egress={json.dumps(dict.fromkeys(DRIVERS, _TO_IT))}",
)
"""With which a release uses it, where NetworkPolicies are enforced too."""


class Postgres:
    """A server, and the Secret `databases` that the chart wants."""

    def __init__(self, space: Namespace) -> None:
        self._space = space
        space.apply(*_server())
        space.kubectl("rollout", "status", "deployment/postgres", "--timeout=180s")
        urls = []
        for name, driver in DRIVERS.items():
            self.sql("postgres", f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'")
            self.sql("postgres", f"CREATE DATABASE {name} OWNER {name}")
            urls.append(f"--from-literal={name}=postgresql+{driver}://{name}:{QUOTED}@postgres:5432/{name}")
        space.kubectl("create", "secret", "generic", "databases", *urls)

    def sql(self, database: str, statement: str) -> list[str]:
        """The rows that psql answers."""
        psql = ("psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", f"--dbname={database}")
        return self._space.kubectl("exec", "deploy/postgres", "--", *psql, f"--command={statement}").splitlines()


def _server() -> list[dict[str, Any]]:
    """A PostgreSQL whose data outlives its pod."""
    labels = {"app": "postgres", "app.kubernetes.io/component": "postgres"}
    metadata = {"name": "postgres", "labels": labels}
    ready = {"exec": {"command": ["pg_isready", "--quiet", "--host=127.0.0.1"]}, "periodSeconds": 1}
    mount = {"name": "data", "mountPath": "/var/lib/postgresql"}
    spec = restricted("postgres", image=image("postgres"), readinessProbe=ready, volumeMounts=[mount])
    spec["volumes"].append({"name": "data", "persistentVolumeClaim": {"claimName": "postgres"}})
    deployment = {
        "strategy": {"type": "Recreate"},
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": spec},
    }
    service = {"selector": labels, "ports": [{"port": 5432}]}
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return [
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": claim},
        {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": service},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": deployment},
    ]
