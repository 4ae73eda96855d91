"""What a request to the collector can be told.

RequestError          400
├── UnauthorizedError 401
├── ForeignError      403
├── TooLargeError     413
├── ContentTypeError  415
├── SlowError         408
├── NotFoundError     404
└── UnreadyError      409
StoreError            503
"""

from __future__ import annotations


class RequestError(Exception):
    """A request that is wrong; the message names the field, what was expected and what came."""

    status = 400


class UnauthorizedError(RequestError):
    """A write by somebody who does not say the token."""

    status = 401


class ForeignError(RequestError):
    """A write that another site's page asks somebody's browser for."""

    status = 403


class TooLargeError(RequestError):
    """A body larger than the collector takes."""

    status = 413


class ContentTypeError(RequestError):
    """A body that is not said to be records."""

    status = 415


class SlowError(RequestError):
    """A body that does not come."""

    status = 408


class NotFoundError(RequestError):
    """Nothing is there under this name."""

    status = 404


class UnreadyError(RequestError):
    """There is nothing to judge yet, or nothing to judge it by."""

    status = 409


class StoreError(Exception):
    """The database cannot be used: it is away, full, locked, or of another format."""

    status = 503
