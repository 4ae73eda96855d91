"""Who may write: who says the token, where there is one, and no page of another site.

Looking is free to whoever reaches the monitor; records are personal data, so who does is the network's to say.
"""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from fastapi import Request

from monitoring.errors import ForeignError, UnauthorizedError

_LOOKS = ("GET", "HEAD", "OPTIONS")


async def guard(request: Request) -> None:
    """Raises ForeignError for a write from another site's page, UnauthorizedError for one without the token."""
    if request.method in _LOOKS:
        return
    site = _foreign(request)
    if site:
        raise ForeignError(f"expected a program or a page of the monitor's own, got a page of another site ({site})")
    token: str = request.app.state.token
    given = request.headers.get("authorization", "")
    if token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        what = "another one" if given else "none"
        raise UnauthorizedError(f"Authorization: expected `Bearer` and the token of CREDENCE_MONITOR_TOKEN, got {what}")


def _foreign(request: Request) -> str:
    """What says that another site's page is asking, if something does; programs say neither."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return "" if site in ("same-origin", "none") else f"Sec-Fetch-Site: {site}"
    # without TLS a browser tells another host no more than this
    origin = request.headers.get("origin")
    own = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    return "" if own else f"Origin: {origin}"
