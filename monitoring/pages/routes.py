"""The review's pages over HTTP, and the report of a verdict."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse

from monitoring.pages.detail import SORTS, column_page, find_column, verdict_page, window_page
from monitoring.pages.drawings import Drawings
from monitoring.pages.figures import path
from monitoring.pages.overview import overview
from monitoring.pages.render import html
from monitoring.pages.source import FactSource

_PAGE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",  # with "no-referrer", a browser sends `Origin: null` with a form of this page
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_REPORT = _PAGE | {
    # Evidently's page is a program that is complete in its file; it may not connect to any server.
    "Content-Security-Policy": "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; worker-src blob:; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:; base-uri 'none'; frame-ancestors 'none'"
}


router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


def attach(app: FastAPI, source: FactSource, drawings: Drawings, *, guarded: bool = False) -> None:
    """Add the pages that show the source's facts; if `guarded`, every write needs a token."""
    app.state.review, app.state.drawings, app.state.guarded = source, drawings, guarded
    app.include_router(router)


def _source(request: Request) -> FactSource:
    source: FactSource = request.app.state.review
    return source


def _drawings(request: Request) -> Drawings:
    drawings: Drawings = request.app.state.drawings
    return drawings


SourceOf = Annotated[FactSource, Depends(_source)]
Drawing = Annotated[Drawings, Depends(_drawings)]


@router.get("/")
@router.get("/review")
def first(source: SourceOf) -> Response:
    """The live version, and the facts behind its verdict."""
    facts = source.facts()
    return _answer("overview", page=overview(facts), limits=facts.limits)


@router.get("/review/windows/{id}")
def window(source: SourceOf, id: str, sort: str = "psi") -> Response:  # noqa: A002 - the path's name
    """One window."""
    facts = source.facts(window=id)
    closed = facts.window(id)
    if closed is None:
        return _no_window(id)
    page = window_page(facts, closed, sort if sort in SORTS else "psi")
    return _answer("window", page=page, sorts=SORTS, limits=facts.limits)


@router.get("/review/windows/{id}/{name:path}")
def column(source: SourceOf, id: str, name: str) -> Response:  # noqa: A002
    """One column in one window."""
    facts = source.facts(window=id)
    closed = facts.window(id)
    if closed is None:
        return _no_window(id)
    comparison = find_column(closed, name)
    if comparison is None:
        return _missing(f"No column of that name in window {id}", "The window's page lists what it has.")
    return _answer("column", page=column_page(facts, closed, comparison))


@router.get("/review/verdicts/{id}")
def verdict(source: SourceOf, id: str) -> Response:  # noqa: A002
    """One verdict."""
    facts = source.facts(verdict=id)
    judged = facts.judged(id)
    return _answer("verdict", page=verdict_page(facts, judged)) if judged else _no_verdict(id)


@router.get("/review/verdicts/{id}/report")
def report(request: Request, source: SourceOf, drawings: Drawing, id: str) -> Response:  # noqa: A002
    """The verdict's report; if it is missing, start to draw it."""
    judged = source.facts(verdict=id).judged(id)
    if judged is None or judged.verdict.window is None:
        return _no_verdict(id)
    drawn, failed = drawings.path(id), drawings.failure(id)
    if drawn is not None:
        return FileResponse(drawn, media_type="text/html", headers=_REPORT)
    if failed is None:
        drawings.draw(id, judged.verdict.window)
    return _answer("drawing", id=id, failed=failed, guarded=request.app.state.guarded, status=500 if failed else 202)


@router.post("/review/verdicts/{id}/report")
def redraw(source: SourceOf, drawings: Drawing, id: str) -> Response:  # noqa: A002
    """Try again to draw the report."""
    judged = source.facts(verdict=id).judged(id)
    if judged is None or judged.verdict.window is None:
        return _no_verdict(id)
    drawings.draw(id, judged.verdict.window)
    return RedirectResponse(path("verdicts", id, "report"), 303)


@router.get("/review/{rest:path}")
def nothing(request: Request) -> Response:
    """The page for an unknown path."""
    return _missing("No such page", f"Nothing is at {request.url.path}.")


def _no_window(id: str) -> Response:  # noqa: A002
    return _missing(f"No window {id}", "No window of that id has closed.")


def _no_verdict(id: str) -> Response:  # noqa: A002
    return _missing(f"No verdict {id}", "It was never reached, or it judged no window.")


def _missing(title: str, hint: str) -> Response:
    return _answer("missing", title=title, hint=hint, status=404)


def _answer(name: str, *, status: int = 200, **model: Any) -> Response:
    return HTMLResponse(html(name, **model), status, headers=_PAGE)
