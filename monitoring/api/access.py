"""Who may write: a caller with the token, if a token is set, but never a page of another site.

Everyone who can reach the monitor may read. Records are personal data, so the network must restrict who reaches it.
"""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from fastapi import Request

from monitoring.errors import ForeignError, UnauthorizedError

_LOOKS = ("GET", "HEAD", "OPTIONS")


async def guard(request: Request) -> None:
    """Raises ForeignError for a write from another site's page, UnauthorizedError for a write without the token."""
    if request.method in _LOOKS:
        return
    site = _foreign(request)
    if site:
        raise ForeignError(f"expected a program or a page of the monitor's own, got a page of another site ({site})")
    token: str = request.app.state.token
    given = request.headers.get("authorization", "")
    if token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        token_sent = "another one" if given else "none"
        raise UnauthorizedError(
            f"Authorization: expected `Bearer` and the token of CREDENCE_MONITOR_TOKEN, got {token_sent}"
        )


def _foreign(request: Request) -> str:
    """The header that shows a request from another site's page, or ""; programs send neither header."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return "" if site in ("same-origin", "none") else f"Sec-Fetch-Site: {site}"
    # Without TLS, a browser sends another host only the Origin header.
    origin = request.headers.get("origin")
    own = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    return "" if own else f"Origin: {origin}"
