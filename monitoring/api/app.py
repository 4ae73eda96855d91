"""The collector's HTTP interface: it takes records from predictors, and gives records and figures to its callers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import traceback
from collections.abc import AsyncIterator
from datetime import datetime
from html import escape
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, FastAPI, Header, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError

from monitoring import metrics
from monitoring.api import verdicts
from monitoring.api.access import Pages, guard
from monitoring.api.requests import HeadAsGet, ReviewerOf, StoreOf, answer, check_names, read_body
from monitoring.errors import EncodingError, NotFoundError, RequestError, StoreError
from monitoring.intake.frames import parse, report
from monitoring.pages.drawings import Drawings
from monitoring.pages.routes import attach
from monitoring.pages.source import FactSource
from monitoring.review import Reviewer
from monitoring.settings import MonitorSettings
from monitoring.store.paging import Filters, Page, iso_time, next_link, present, statement
from monitoring.store.records import Store
from serving.records import ANSWERED_HEADER, CONTENT_TYPE, NEWEST_HEADER, SEGMENT_HEADER

logger = logging.getLogger(__name__)

_EXPIRE_EVERY = 3600.0
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><h1>{title}</h1>
<p>For programs: <a href="/openapi.json">/openapi.json</a>, <a href="/metrics">/metrics</a>.</p><dl>{listed}</dl>
"""

Client = Annotated[int, Path(ge=-(2**63), lt=2**63, description="SK_ID_CURR")]
router = APIRouter()


def create(
    store: Store, reviewer: Reviewer, facts: FactSource, drawings: Drawings, settings: MonitorSettings
) -> FastAPI:
    """The application of a store, of the reviewer that judges its records, and of the pages that show the results."""
    app = FastAPI(
        title="Credence monitor",
        summary="Records of answered applications",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        dependencies=[Depends(guard)],
    )
    app.add_middleware(HeadAsGet)
    app.state.origins = settings.origins
    app.add_middleware(
        Pages,
        allow_origins=list(settings.origins),
        allow_methods=("GET", "POST", "PUT", "DELETE"),
        allow_headers=("*",),
        max_age=600,
    )
    app.state.store, app.state.reviewer, app.state.token = store, reviewer, settings.monitor_token
    app.state.max_body, app.state.review_seconds = settings.monitor_max_body, settings.monitor_review_seconds
    app.include_router(router)
    app.include_router(verdicts.router)
    attach(app, facts, drawings, guarded=bool(settings.monitor_token))
    app.add_exception_handler(RequestError, _answer_error)
    app.add_exception_handler(StoreError, _answer_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(Exception, _answer_error)
    for status in (404, 405):
        app.add_exception_handler(status, _answer_unknown)
    return app


def _filters(
    request: Request,
    id: str | None = None,  # noqa: A002 - the parameter's name
    request_id: Annotated[str | None, Query(alias="request")] = None,
    version: str | None = None,
    decision: str | None = None,
    client: Annotated[int | None, Query(ge=-(2**63), lt=2**63)] = None,
    history_status: Literal["found", "none", "not asked", "stale"] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Filters:
    check_names(request, {*Filters._fields, *Page._fields})
    return Filters(id, request_id, version, decision, client, history_status, since, until)


def _page(
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: str | None = None,
    fields: Annotated[bool, Query(description="With the values by their fields' names")] = False,
) -> Page:
    return Page(limit, cursor, fields)


@router.post(
    "/v1/records",
    openapi_extra={"requestBody": {"content": {CONTENT_TYPE: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def receive(
    request: Request,
    store: StoreOf,
    segment: Annotated[str | None, Header(alias=SEGMENT_HEADER)] = None,
    answered: Annotated[str | None, Header(alias=ANSWERED_HEADER)] = None,
    newest: Annotated[str | None, Header(alias=NEWEST_HEADER)] = None,
) -> Response:
    """Store frames of records: all or none, each record once. An empty body only reports how many were answered."""
    account = report(segment, answered, newest)
    batch = parse(await read_body(request, CONTENT_TYPE))
    receipt = await run_in_threadpool(store.ingest, batch, account)
    return answer(receipt._asdict())


@router.get("/v1/records")
def page(
    store: StoreOf, filters: Annotated[Filters, Depends(_filters)], part: Annotated[Page, Depends(_page)]
) -> Response:
    """Records, latest first, a page at a time."""
    rows = store.rows(statement(filters, part))
    shown = rows[: part.limit]
    schemas = store.schemas({row["schema"] for row in shown}) if part.fields else {}
    presented = [present(row, schemas.get(row["schema"])) for row in shown]
    return answer({"records": presented, "next": next_link(filters, part, rows)})


@router.get("/v1/records/{id}")
def one(store: StoreOf, id: str) -> Response:  # noqa: A002 - the parameter's name
    """One record, with its values by their fields' names."""
    rows = store.rows(statement(Filters(id=id), Page(1, None, fields=True)))
    if not rows:
        raise NotFoundError(f"id: expected that of a record, got {id!r}: it was never received, expired or forgotten")
    schemas = store.schemas({rows[0]["schema"]})
    return answer(present(rows[0], schemas.get(rows[0]["schema"])))


@router.delete("/v1/clients/{client}/records")
def forget(store: StoreOf, client: Client) -> Response:
    """Erase a client's records, also those that have not arrived yet. The predictors erase their own logs."""
    return answer({"forgotten": store.forget(client)})


@router.get("/v1/status")
def status(store: StoreOf, reviewer: ReviewerOf) -> Response:
    """How many records are stored and how many are missing; the result of the last review."""
    now = store.status()
    content: dict[str, Any] = {
        **now.account._asdict(),
        "missing": now.account.missing,
        "completeness": now.account.share,
    }
    content |= {"stored": now.stored, "forgotten": now.forgotten, "expired": now.expired, "versions": now.versions}
    content |= {"oldest": iso_time(now.oldest), "newest": iso_time(now.newest)}
    condition = reviewer.condition
    content["review"] = {**condition._asdict(), "at": iso_time(condition.at)}
    return answer(content)


@router.get("/metrics")
def scrape(store: StoreOf, reviewer: ReviewerOf) -> Response:
    """The same figures for Prometheus, and the figures of the live version's window, cohort and verdict."""
    return Response(metrics.text(store.status(), reviewer.standing()), media_type=metrics.CONTENT_TYPE)


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> Response:
    """All paths with their purpose. FastAPI's own page is not used, because it loads scripts from another site."""
    rows = [
        (f"{method.upper()} {path}", operation["description"])
        for path, methods in request.app.openapi()["paths"].items()
        for method, operation in methods.items()
    ]
    listed = "".join(f"<dt><code>{escape(name)}</code><dd>{escape(text)}" for name, text in rows)
    return Response(_PAGE.format(title=escape(request.app.title), listed=listed), media_type="text/html")


@router.get("/health/live")
async def live() -> Response:
    """Whether the process answers."""
    return answer({"live": True})


@router.get("/health/ready")
def ready(store: StoreOf) -> Response:
    """Whether the process and the database answer."""
    store.database.prepare()
    return answer({"ready": True})


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    stopping = asyncio.Event()
    reviewer: Reviewer = app.state.reviewer
    drawings: Drawings = app.state.drawings
    tasks = [
        asyncio.create_task(_expire_until(stopping, app.state.store)),
        asyncio.create_task(_review_until(stopping, reviewer, drawings, app.state.review_seconds)),
    ]
    yield
    # The tasks are not cancelled: their threads would go on, with connections that are never closed.
    stopping.set()
    await asyncio.gather(*tasks)
    reviewer.close()
    drawings.close()
    app.state.store.database.close()


async def _expire_until(stopping: asyncio.Event, store: Store) -> None:
    while not stopping.is_set():
        try:
            count = await run_in_threadpool(store.expire)
            if count:
                logger.info("deleted %d records past the retention", count)
        except StoreError as error:
            logger.warning("the retention waits: %s", error)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), _EXPIRE_EVERY)


async def _review_until(stopping: asyncio.Event, reviewer: Reviewer, drawings: Drawings, seconds: float) -> None:
    while not stopping.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), seconds)
            return
        await run_in_threadpool(reviewer.look)
        try:
            drawings.follow((await run_in_threadpool(reviewer.standing)).verdict)
        except Exception as error:  # noqa: BLE001 - a missing drawing must not stop the schedule
            logger.warning("no report is drawn: %s", type(error).__name__)


async def _answer_error(_: Request, error: Exception) -> Response:
    if isinstance(error, RequestError):
        response = answer({"error": str(error)}, error.status)
        if error.status == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        if isinstance(error, EncodingError):
            response.headers["Accept-Encoding"] = "identity"
        return response
    if isinstance(error, StoreError):
        logger.error("%s", error)
        return answer({"error": str(error)}, error.status)
    # An exception's message may quote an applicant's values; the stack does not.
    places = "".join(traceback.format_tb(error.__traceback__))
    logger.error("failed to answer: %s\n%s", type(error).__name__, places)
    return answer({"error": "a mistake of ours; the log says where"}, 500)


async def _answer_invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    expected = first["msg"].replace("Input should be", "expected")
    return answer({"error": f"{first['loc'][-1]}: {expected}, got {first.get('input')!r}"}, 400)


async def _answer_unknown(request: Request, error: Exception) -> Response:
    code: int = getattr(error, "status_code", 404)
    return answer({"error": f"{request.method} {request.url.path}: expected a path and method that /docs names"}, code)
