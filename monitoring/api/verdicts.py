"""The collector's HTTP interface for judging: it takes outcomes, and gives windows, cohorts and verdicts."""

from __future__ import annotations

import time
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from sqlalchemy import RowMapping, Table, select

from monitoring.api.requests import ReviewerOf, StoreOf, answer, check_names, read_body
from monitoring.errors import NotFoundError, RequestError
from monitoring.intake.decoding import decode
from monitoring.intake.outcomes import parse_outcomes
from monitoring.store.paging import listed, next_of
from monitoring.store.reading import stream
from monitoring.store.records import Store
from monitoring.store.tables import cohorts, verdicts, windows
from monitoring.store.verdicts import Action, ActionKind, FollowedVerdict

ARROW = "application/vnd.apache.arrow.stream"
_LONGEST = 10_000

router = APIRouter()
_JSON: dict[str, Any] = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}}


class _Live(msgspec.Struct, forbid_unknown_fields=True):
    version: str


class _Done(msgspec.Struct, forbid_unknown_fields=True):
    what: str
    version: str | None = None
    run: str | None = None
    waits: bool = False
    kind: ActionKind = "noted"


class ListQuery:
    """The requested part of a list, newest first."""

    def __init__(
        self,
        request: Request,
        version: str | None = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        cursor: str | None = None,
    ) -> None:
        check_names(request, {"version", "limit", "cursor"})
        self.version, self.limit, self.cursor = version, limit, cursor


ListQueryOf = Annotated[ListQuery, Depends()]


@router.post("/v1/outcomes", openapi_extra=_JSON)
async def tell(request: Request, store: StoreOf) -> Response:
    """Store outcomes of applications: all or none. Sending an outcome again changes nothing."""
    outcomes = parse_outcomes(await read_body(request, "application/json"))
    receipt = await run_in_threadpool(store.tell, outcomes)
    return answer({"received": len(outcomes), "new": receipt.new, "changed": receipt.changed})


@router.get("/v1/windows")
def list_windows(store: StoreOf, part: ListQueryOf) -> Response:
    """Closed windows of all versions, newest first, a page at a time."""
    return _contents(store, windows, part)


@router.get("/v1/cohorts")
def list_cohorts(store: StoreOf, part: ListQueryOf) -> Response:
    """Windows whose outcomes are known, newest first, a page at a time."""
    return _contents(store, cohorts, part)


@router.get("/v1/cohorts/{id}/records")
def list_records(store: StoreOf, reviewer: ReviewerOf, id: str) -> Response:  # noqa: A002 - the parameter's name
    """All records of a window with their outcomes, as an Arrow stream."""
    span = reviewer.archive.span(id)
    if span is None:
        raise NotFoundError(f"id: expected that of a closed window, got {id!r}")
    return StreamingResponse(stream(store.database, span), media_type=ARROW)


@router.get("/v1/verdicts")
def list_verdicts(store: StoreOf, reviewer: ReviewerOf, part: ListQueryOf) -> Response:
    """Verdicts with the state of their retraining and all actions, newest first, a page at a time."""
    rows = store.rows(listed(verdicts, part.version, part.limit, part.cursor))
    contents = [_content_of(judged) for judged in reviewer.judgements.judged(rows[: part.limit])]
    return answer({"verdicts": contents, "next": next_of(verdicts, part.version, part.limit, rows)})


@router.get("/v1/verdicts/{id}")
def one_verdict(store: StoreOf, reviewer: ReviewerOf, id: str) -> Response:  # noqa: A002 - the parameter's name
    """One verdict."""
    rows: Any = store.rows(select(verdicts).where(verdicts.c.id == id))
    if not rows:
        raise _unknown(id)
    return answer(_content_of(reviewer.judgements.judged(rows)[0]))


@router.post("/v1/verdicts/{id}/actions", openapi_extra=_JSON)
async def act(request: Request, reviewer: ReviewerOf, id: str) -> Response:  # noqa: A002 - the parameter's name
    """Note an action that was done about a verdict."""
    done = decode(await read_body(request, "application/json"), _Done)
    for field in ("what", "version", "run"):
        _check_text(field, getattr(done, field))
    action = Action(at=time.time_ns() // 1000, **msgspec.structs.asdict(done))
    if not await run_in_threadpool(reviewer.judgements.act, id, action):
        raise _unknown(id)
    return answer(action)


@router.post("/v1/reviews")
def review(reviewer: ReviewerOf) -> Response:
    """Close the live version's open window now, and judge."""
    return answer(reviewer.review())


@router.put("/v1/live", openapi_extra=_JSON)
async def tell_live(request: Request, reviewer: ReviewerOf) -> Response:
    """Report which version is live, before it has answered."""
    live = decode(await read_body(request, "application/json"), _Live)
    _check_text("version", live.version)
    if not live.version:
        raise RequestError("version: expected that of a model, got ''")
    await run_in_threadpool(reviewer.archive.tell_live, live.version, time.time_ns() // 1000)
    return answer(live)


def _contents(store: Store, table: Table, part: ListQuery) -> Response:
    rows = store.rows(listed(table, part.version, part.limit, part.cursor))
    contents = [msgspec.Raw(_content(row)) for row in rows[: part.limit]]
    return answer({table.name: contents, "next": next_of(table, part.version, part.limit, rows)})


def _content(row: RowMapping) -> bytes:
    content: str = row["content"]
    return content.encode()


def _content_of(judged: FollowedVerdict) -> dict[str, Any]:
    delivery = judged.delivery
    state = {name: getattr(delivery, name) for name in ("state", "note", "attempt", "run")}
    content: dict[str, Any] = msgspec.to_builtins(judged.verdict)
    return content | {"delivery": {**state, "changed_at": judged.changed_at}, "actions": judged.actions}


def _unknown(id: str) -> NotFoundError:  # noqa: A002 - the parameter's name
    return NotFoundError(f"id: expected that of a verdict, got {id!r}")


def _check_text(field: str, value: str | None) -> None:
    if value is not None and ("\x00" in value or len(value) > _LONGEST):
        raise RequestError(f"{field}: expected text without NUL of up to {_LONGEST} characters, got {value[:40]!r}")
