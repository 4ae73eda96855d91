"""The admin port: load and unload versions (the protocol's repository extension), forget a client, try a version.

It listens only on the loopback address. A web page in a browser on the same machine could still reach it. Browsers then
send an `Origin` header, so requests with this header are refused.
"""

from __future__ import annotations

import asyncio
import logging
import re

import msgspec

from serving.log.log import Log
from serving.predictor.app import App, Headers, expect
from serving.predictor.metrics import Metrics
from serving.predictor.service import PredictorService
from serving.predictor.settings import PredictorSettings
from serving.process.exchange import Receive, Response, read_json
from serving.protocol.errors import Conflict, Invalid, NotFound, Refused, quote
from serving.protocol.rest import decode_json
from serving.version import newest, open_model, path_of, versions
from training.bundle import BundleError

logger = logging.getLogger(__name__)

_NUMBER = re.compile("[0-9]{1,18}")


class _Parameters(msgspec.Struct):
    version: str | int | None = None


class _Load(msgspec.Struct):
    parameters: _Parameters | None = None


_decoder = msgspec.json.Decoder(_Load)


class Admin(App):
    """The ASGI application of the admin port: the public paths without records, and the paths for administration."""

    def __init__(self, service: PredictorService, metrics: Metrics, settings: PredictorSettings, log: Log) -> None:
        super().__init__(service, metrics, settings, record=False)
        self._log = log
        self._name = settings.model_name
        self._loading = asyncio.Lock()

    async def route(self, method: str, path: list[str], headers: Headers, receive: Receive, trace: str) -> Response:
        """The response for a path that was split at its slashes. Raises Refused."""
        if b"origin" in headers:
            raise Refused("origin: expected a program, got a browser's page")
        match path:
            case ["v2", "repository", "index"]:
                expect("POST", method)
                return Response(msgspec.json.encode(self._index()))
            case ["v2", "repository", "models", name, "load"]:
                expect("POST", method)
                body = await read_json(headers, receive, self.settings.body_bytes, self.deadline, self.room)
                self.room.give(len(body))
                return await self._load(name, body)
            case ["v2", "repository", "models", name, "unload"]:
                expect("POST", method)
                return self._unload(name)
            case ["v1", "clients", client, "records"]:
                expect("DELETE", method)
                return await self._forget(client)
        return await super().route(method, path, headers, receive, trace)

    async def load(self, version: str) -> None:
        """Make a version live. If it raises BundleError, the live version is unchanged."""
        settings = self.settings
        if version != settings.version and path_of(settings.models, version) == settings.models:
            raise BundleError(f"{settings.models} is one bundle and is version {settings.version or 'unknown'}")
        async with self._loading:
            model = await asyncio.to_thread(
                open_model,
                settings.models,
                version or newest(settings.models),
                settings.model_name,
                unknown=settings.unknown,
                history_days=settings.history_days,
            )
            self.service.serve(model)
            self._name = model.name
        logger.info("live", extra={"version": model.version})

    def _index(self) -> list[dict[str, str]]:
        live = self.service.model
        return [
            {"name": self._name, "version": version, "state": "READY"}
            if live and live.version == version
            else {"name": self._name, "version": version, "state": "UNAVAILABLE", "reason": "not loaded"}
            for version in versions(self.settings.models)
        ]

    async def _load(self, name: str, body: bytes) -> Response:
        self._check_name(name)
        try:
            version = _requested_version(body)
            await self.load(version)
        except BundleError as error:
            logger.warning("not loaded: %s", error, extra={"version": self._version()})
            raise Conflict(f"version: {error}; what was live still is") from error
        return Response(msgspec.json.encode({"name": name, "version": self._version(), "load": True}))

    def _unload(self, name: str) -> Response:
        self._check_name(name)
        self.service.serve(None)
        logger.info("unloaded")
        return Response(msgspec.json.encode({"name": name, "unload": True}))

    async def _forget(self, client: str) -> Response:
        if not _NUMBER.fullmatch(client):
            raise Invalid("client", "an SK_ID_CURR", quote(client))
        return Response(msgspec.json.encode({"forgotten": await self._log.forget(int(client))}))

    def _check_name(self, name: str) -> None:
        if name != self._name:
            raise NotFound(f"model: expected {self._name}, got another name")


def _requested_version(body: bytes) -> str:
    """The version in the body of a load request; empty for the newest."""
    if not body:
        return ""
    try:
        parameters = decode_json(body, _decoder).parameters
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(f'body: expected {{"parameters": {{"version": "3"}}}}, got something else: {error}') from error
    version = parameters.version if parameters else None
    if version is None:
        return ""
    if not _NUMBER.fullmatch(str(version)):
        raise Invalid("version", "a number", quote(version))
    return str(version)
