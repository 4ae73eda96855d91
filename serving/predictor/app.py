"""The predictor's HTTP application: the protocol's paths, /metrics and /docs, as plain ASGI without a framework."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Sequence
from typing import Any

import msgspec

from serving.predictor.docs import page
from serving.predictor.metrics import Metrics
from serving.predictor.service import PredictorService
from serving.predictor.settings import PredictorSettings
from serving.predictor.smoke import is_smoke
from serving.process.deadline import Deadline
from serving.process.exchange import HTML, PROMETHEUS, Receive, Response, Room, Scope, Send, read_json, refusal, send
from serving.process.origins import Origins, is_preflight
from serving.process.stderr import places
from serving.protocol import metadata, openapi, rest
from serving.protocol.answer import EXPLANATION, choose
from serving.protocol.errors import NotFound, Refused, WrongMethod
from serving.version import Model

logger = logging.getLogger(__name__)

INLINE_BYTES = 64 << 10
"""Larger bodies are decoded, and their answers encoded, in the worker thread; 64 applications of 120 fields fit."""

BODIES_AT_ONCE = 16
"""Bodies of the largest size in memory at the same time: 128 MB in all. Hundreds of connections may send bodies."""

_TRACE = re.compile(rb"[!-~]{1,128}")
"""A valid x-request-id; another id is replaced, because the id is written to logs and records."""

Headers = dict[bytes, bytes]


class App:
    """The ASGI application of one port."""

    def __init__(
        self, service: PredictorService, metrics: Metrics, settings: PredictorSettings, *, record: bool = True
    ) -> None:
        self.service = service
        self.settings = settings
        self.deadline = Deadline(settings.body_seconds)
        self.room = Room(BODIES_AT_ONCE * settings.body_bytes)
        self._turn = asyncio.Lock()
        self._metrics = metrics
        self._record = record
        self._smoke_token = settings.smoke_token.encode()
        self._origins = Origins(settings.allowed_origins)

    async def __call__(self, scope: Scope, receive: Receive, to: Send) -> None:
        """Answer one request; errors are answered too."""
        headers: Headers = dict(scope["headers"])
        trace = self._trace(headers)
        head = scope["method"] == "HEAD"  # load balancers probe so
        method: str = "GET" if head else scope["method"]
        try:
            response = await self.route(method, scope["path"].split("/")[1:], headers, receive, trace)
        except Refused as refused:
            response = self._refuse(refused, method, trace)
        except Exception as error:  # noqa: BLE001 - a caller must have an answer
            self._log_error(error, trace)
            response = Response(_json({"error": f"an error of the predictor's own, see its log for {trace}"}), 500)
        infer = self._record and method != "OPTIONS" and scope["path"].endswith("/infer")
        self._metrics.requested(infer, response.status)
        if self.settings.access_log and response.status < 400:
            logger.info("answered", extra={"request": trace, "version": self._version(), "status": response.status})
        browsers = self._origins.headers(headers.get(b"origin"))
        if browsers:
            response.headers = [*response.headers, *browsers]
        await send(response, trace.encode(), self.service.stopping, to, head=head)

    async def route(self, method: str, path: list[str], headers: Headers, receive: Receive, trace: str) -> Response:
        """The response for a path that was split at its slashes. Raises Refused."""
        if is_preflight(method, headers):
            return Response(b"", headers=self._origins.preflight(headers))
        match path:
            case ["v2", "models", name, "infer"]:
                expect("POST", method)
                return await self._infer(name, None, headers, receive, trace)
            case ["v2", "models", name, "versions", version, "infer"]:
                expect("POST", method)
                return await self._infer(name, version, headers, receive, trace)
        body = self._read(path)
        expect("GET", method)
        return body

    def _read(self, path: list[str]) -> Response:
        """The response for a GET path. Raises Refused."""
        match path:
            case ["v2"]:
                return Response(_json(metadata.SERVER))
            case ["v2", "health", "live"]:
                return Response(_json({"live": True}))
            case ["v2", "health", "ready"]:
                return self._ready({})
            case ["v2", "models", name] | ["v2", "models", name, "versions", _]:
                model = self.service.live(name, path[4] if len(path) > 3 else None)
                return Response(_json(metadata.describe(model.manifest, model.name, model.version)))
            case ["v2", "models", name, "ready"] | ["v2", "models", name, "versions", _, "ready"]:
                model = self.service.live(name, path[4] if len(path) > 4 else None)
                return self._ready({"name": model.name, "version": model.version})
            case ["metrics"]:
                return Response(self._metrics.text(), content_type=PROMETHEUS)
            case ["openapi.json"]:
                model = self.service.live()
                return Response(_json(openapi.describe(model.manifest, model.name, model.version)))
            case ["docs"]:
                model = self.service.live()
                return Response(page(model.manifest, model.name, model.version), content_type=HTML)
        raise NotFound("no such path: expected one of those listed at /docs")

    async def _infer(self, name: str, version: str | None, headers: Headers, receive: Receive, trace: str) -> Response:
        service = self.service
        model = service.live(name, version)
        record = self._record and not (self._smoke_token and is_smoke(headers, self._smoke_token))
        body = await read_json(headers, receive, self.settings.body_bytes, self.deadline, self.room)
        began = time.perf_counter()
        try:
            if len(body) > INLINE_BYTES:
                async with self._turn:
                    return await self._infer_large(model, body, trace, began, record)
            request = rest.decode(body)
            outputs = _outputs(request)
            answer = await service.answer(
                model,
                request.inputs,
                request.id or trace,
                began,
                explain=EXPLANATION in outputs,
                record=record,
            )
            return Response(rest.encode(answer, outputs))
        finally:
            self.room.give(len(body))

    async def _infer_large(self, model: Model, body: bytes, trace: str, began: float, record: bool) -> Response:
        """Answer a large body, with the long steps in the worker thread.

        Only one runs at a time, because 8 MB can take 200 MB when decoded.
        """
        service = self.service
        request = await service.work(rest.decode, body)
        outputs = _outputs(request)
        explain = EXPLANATION in outputs
        answer = await service.answer(model, request.inputs, request.id or trace, began, explain=explain, record=record)
        return Response(await service.work(rest.encode, answer, outputs))

    def _ready(self, about: dict[str, Any]) -> Response:
        reason = self.service.unready()
        if reason:
            return Response(_json({**about, "ready": False, "error": reason}), 503)
        return Response(_json({**about, "ready": True}))

    def _refuse(self, refused: Refused, method: str, trace: str) -> Response:
        # The message may quote an applicant's values, so the caller gets it but the log does not.
        details = {"request": trace, "version": self._version(), "status": refused.status, "method": method}
        logger.info("refused: %s", type(refused).__name__, extra=details)
        return refusal(refused)

    def _log_error(self, error: Exception, trace: str) -> None:
        details = {"request": trace, "version": self._version(), "traceback": places(error)}
        logger.error("failed to answer: %s", type(error).__name__, extra=details)

    def _trace(self, headers: Headers) -> str:
        trace = headers.get(b"x-request-id")
        if trace is not None and _TRACE.fullmatch(trace):
            return trace.decode("ascii")
        return self.service.next_id()

    def _version(self) -> str | None:
        model = self.service.model
        return model.version if model else None


def expect(allowed: str, method: str) -> None:
    """Raise WrongMethod unless `method` is the one that the path allows."""
    if method != allowed:
        raise WrongMethod(allowed, method)


def _outputs(request: rest.Request) -> Sequence[str]:
    return choose([output.name for output in request.outputs or ()])


def _json(content: object) -> bytes:
    return msgspec.json.encode(content)
