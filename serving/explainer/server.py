"""KServe's server around an explainer.

The paths for explanations are ours, and so are paths that KServe would answer wrongly. They precede KServe's paths for
three reasons. KServe's explain path returns the request headers, including credentials. Its V2 path answers a wrong
tensor with 500. Its repository paths let every caller unload the model. Health, readiness, /metrics and the process
are KServe's.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec
from kserve import Model, ModelServer  # type: ignore[import-untyped]  # it ships no types
from kserve.model import InferenceVerb  # type: ignore[import-untyped]  # as above
from kserve.model_server import app  # type: ignore[import-untyped]  # as above
from prometheus_client import Gauge
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from serving.explainer.explainer import Explainer, Explanation, open_explainer
from serving.explainer.request import OUTPUT, Extras, check, check_version, decode_v1, extras_of
from serving.explainer.settings import ExplainerSettings
from serving.process.deadline import Deadline
from serving.process.exchange import Room, read_json
from serving.process.origins import SETTING, parse_origins
from serving.process.port import EVERYWHERE
from serving.protocol import metadata, rest
from serving.protocol.errors import ForeignOrigin, NotFound, Refused, Unavailable

logger = logging.getLogger(__name__)

_WAITING = 8
"""Requests that may wait while one is processed; a search may take ten seconds."""

_BODY_BYTES = 1 << 20
"""The largest body: five times the size of 64 applications with 120 fields."""
_BODY_SECONDS = 10.0

_GRACE_SECONDS = 15
"""Time after SIGTERM to finish a search and its answer."""


class _Task(msgspec.Struct):
    request: rest.Request
    extras: Extras


class Explaining(Model):  # type: ignore[misc]  # KServe ships no types
    """The explainer as a KServe model.

    It processes one request at a time in a separate thread, so that health requests are answered at the same time.
    """

    def __init__(self, explainer: Explainer) -> None:
        super().__init__(explainer.model.name)
        self._explainer = explainer
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="explain")
        self._waiting = 0
        self.ready = True

    async def explain(self, payload: _Task, headers: dict[str, str] | None = None) -> list[Explanation]:
        """Explain one request. Raises Refused; it is Unavailable if too many requests are waiting."""
        if self._waiting > _WAITING:
            raise Unavailable("too many explanations are asked for at once: try again in some seconds")
        self._waiting += 1
        try:
            work = asyncio.get_running_loop().run_in_executor(
                self._worker, self._explainer.explain, payload.request.inputs, payload.extras
            )
            return await work
        finally:
            self._waiting -= 1

    async def predict(self, payload: Any, headers: dict[str, str] | None = None) -> Any:
        """Not supported, because the predictor makes and records decisions."""
        raise NotImplementedError("this explains decisions, the predictor makes them")


class Paths:
    """Our paths in KServe's application."""

    def __init__(self, model: Explaining, explainer: Explainer) -> None:
        self._model = model
        self._explainer = explainer
        self._deadline = Deadline(_BODY_SECONDS)
        self._room = Room(2 * _WAITING * _BODY_BYTES)

    def routes(self) -> list[Route]:
        """The routes of these paths."""
        model = "/v2/models/{name}"
        versioned = f"{model}/versions/{{version}}"
        explained = [f"{path}/{verb}" for path in (model, versioned) for verb in ("infer", "explain")]
        return [
            Route("/v1/models/{name}:explain", self._answered(self._v1), methods=["POST"]),
            *(Route(path, self._answered(self._v2), methods=["POST"]) for path in explained),
            *(Route(path, self._answered(self._metadata), methods=["GET"]) for path in (model, versioned)),
            Route(f"{versioned}/ready", self._answered(self._ready), methods=["GET"]),
            Route("/v2/repository/{rest:path}", self._answered(self._no_repository), methods=["GET", "POST"]),
        ]

    async def _v1(self, request: Request) -> Any:
        self._check(request)
        content = decode_v1(await self._body(request), self._explainer.model.manifest)
        explanations = await self._explain(content)
        model = self._explainer.model
        return {"model_name": model.name, "model_version": model.version, "explanations": explanations}

    async def _v2(self, request: Request) -> Any:
        self._check(request)
        began = time.perf_counter()
        content = rest.decode(await self._body(request))
        explanations = await self._explain(content)
        texts = [msgspec.json.encode(explanation).decode() for explanation in explanations]
        model = self._explainer.model
        return {
            "model_name": model.name,
            "model_version": model.version,
            "id": content.id or str(uuid4()),
            "parameters": {
                "model_version": model.version,
                "timestamp": datetime.now(UTC).isoformat(timespec="microseconds"),
                "latency_ms": round((time.perf_counter() - began) * 1000, 3),
            },
            "outputs": [{"name": OUTPUT, "shape": [len(texts)], "datatype": "BYTES", "data": texts}],
        }

    async def _metadata(self, request: Request) -> Any:
        self._check(request)
        model = self._explainer.model
        about = metadata.describe(model.manifest, model.name, model.version)
        about["outputs"] = [{"name": OUTPUT, "datatype": "BYTES", "shape": [-1]}]
        about["parameters"]["request_parameters"] = list(Extras.__struct_fields__)
        return about

    async def _ready(self, request: Request) -> Any:
        self._check(request)
        model = self._explainer.model
        return {"name": model.name, "version": model.version, "ready": self._model.ready}

    async def _no_repository(self, request: Request) -> Any:
        raise NotFound("no such path: the version that is explained is chosen when the explainer starts")

    async def _explain(self, request: rest.Request) -> list[Explanation]:
        task = _Task(request, extras_of(request, self._explainer.model.version))
        check(request, task.extras)
        explanations: list[Explanation]
        explanations, _ = await self._model(task, verb=InferenceVerb.EXPLAIN)
        return explanations

    async def _body(self, request: Request) -> bytes:
        headers = dict(request.scope["headers"])
        body = await read_json(headers, request.receive, _BODY_BYTES, self._deadline, self._room)
        self._room.give(len(body))
        return body

    def _check(self, request: Request) -> None:
        """Raises NotFound for another model, Conflict for another version."""
        model = self._explainer.model
        if request.path_params["name"] != model.name:
            raise NotFound(f"model: expected {model.name}, the one that is explained here, got another name")
        if "version" in request.path_params:
            check_version(request.path_params["version"], model.version)

    def _answered(self, answer: Callable[[Request], Awaitable[Any]]) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint that answers every request and never returns a header of the request."""

        async def endpoint(request: Request) -> Response:
            try:
                return _json(await answer(request))
            except Refused as refused:
                logger.info("refused: %s", type(refused).__name__, extra={"status": refused.status})
                name, value = refused.header or (b"", b"")
                headers = {name.decode(): value.decode()} if name else None
                return Response(rest.problem(refused), refused.status, headers, media_type="application/json")
            except Exception as error:
                logger.exception("failed to explain: %s", type(error).__name__)
                return _json({"error": "an error of the explainer's own, see its log"}, 500)

        return endpoint


class _Pages(CORSMiddleware):
    """Answers browsers that ask whether a page may call; Starlette's own refusal does not name the setting."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """The answer to a preflight request."""
        if self.is_allowed_origin(request_headers["origin"]):
            return super().preflight_response(request_headers)
        refused = ForeignOrigin(SETTING, request_headers["origin"])
        return Response(rest.problem(refused), refused.status, media_type="application/json")


class _Server(ModelServer):  # type: ignore[misc]  # KServe ships no types
    """KServe's server on one address; without this class it listens on all addresses."""

    host = ""

    async def _serve(self) -> None:
        self._rest_server.config.host = self.host
        await super()._serve()


def run(settings: ExplainerSettings) -> None:
    """Serve until SIGTERM or SIGINT. Raises BundleError, or SettingsError for an invalid origin."""
    origins = parse_origins(settings.allowed_origins)
    explainer = open_explainer(settings)
    model = Explaining(explainer)
    app.add_middleware(
        _Pages, allow_origins=list(origins), allow_methods=("GET", "POST"), allow_headers=("*",), max_age=600
    )
    app.router.routes.extend(Paths(model, explainer).routes())
    about = explainer.model
    live = Gauge("credence_model", "1 for the version that is explained", ["model", "version", "family"])
    live.labels(about.name, about.version, about.manifest.family).set(1)
    for name in ("kserve.trace", "uvicorn.access"):  # they log each request, but nothing that is not in /metrics
        logging.getLogger(name).disabled = True
    server = _Server(
        http_port=settings.explainer_port,
        workers=1,
        enable_grpc=False,
        grace_period=_GRACE_SECONDS,
        event_loop="asyncio",
        timeout_keep_alive=int(settings.idle_seconds),
    )
    # asyncio takes `::` for IPv6 alone; an empty host is all addresses of the families that the machine has.
    server.host = "" if settings.host == EVERYWHERE else settings.host
    logger.info("explaining", extra={"version": explainer.model.version})
    server.start([model])


def _json(content: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status, media_type="application/json")
