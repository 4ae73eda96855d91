"""Who may write: a caller with the token, if a token is set; of other sites' pages, those of allowed origins alone.

Everyone who can reach the monitor may read. Records are personal data, so the network must restrict who reaches it.
"""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

import msgspec
from fastapi import Request, Response
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware

from monitoring.errors import ForeignError, UnauthorizedError

_LOOKS = ("GET", "HEAD", "OPTIONS")


async def guard(request: Request) -> None:
    """Raises ForeignError for a write from another site's page, UnauthorizedError for a write without the token."""
    if request.method in _LOOKS:
        return
    site = "" if request.headers.get("origin") in request.app.state.origins else _foreign(request)
    if site:
        raise ForeignError(f"expected a program or a page of the monitor's own, got a page of another site ({site})")
    token: str = request.app.state.token
    given = request.headers.get("authorization", "")
    if token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        token_sent = "another one" if given else "none"
        raise UnauthorizedError(
            f"Authorization: expected `Bearer` and the token of CREDENCE_MONITOR_TOKEN, got {token_sent}"
        )


class Pages(CORSMiddleware):
    """Answers browsers that ask whether a page may call; Starlette's own refusal does not name the setting."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """The answer to a preflight request."""
        origin = request_headers["origin"]
        if self.is_allowed_origin(origin):
            return super().preflight_response(request_headers)
        error = f"Origin: expected one that CREDENCE_ALLOWED_ORIGINS names, got {origin!r}"
        return Response(msgspec.json.encode({"error": error}), 403, media_type="application/json")


def _foreign(request: Request) -> str:
    """The header that shows a request from another site's page, or ""; programs send neither header."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return "" if site in ("same-origin", "none") else f"Sec-Fetch-Site: {site}"
    # Without TLS, a browser sends another host only the Origin header.
    origin = request.headers.get("origin")
    own = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    return "" if own else f"Origin: {origin}"
