"""Errors that the collector answers to a request, with their HTTP status.

RequestError          400
├── UnauthorizedError 401
├── ForeignError      403
├── TooLargeError     413
├── ContentTypeError  415
├── EncodingError     415
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
    """A write without the right token."""

    status = 401


class ForeignError(RequestError):
    """A write that a page of another site sends through a user's browser."""

    status = 403


class TooLargeError(RequestError):
    """A body larger than the collector accepts."""

    status = 413


class ContentTypeError(RequestError):
    """A body whose Content-Type is not the expected one."""

    status = 415


class EncodingError(RequestError):
    """A compressed body."""

    status = 415


class SlowError(RequestError):
    """A body that does not arrive in time."""

    status = 408


class NotFoundError(RequestError):
    """Nothing exists under this name."""

    status = 404


class UnreadyError(RequestError):
    """There is nothing to judge yet, or the reference to judge it by is missing."""

    status = 409


class StoreError(Exception):
    """The database cannot be used: it is unreachable, full, locked, or has another format."""

    status = 503
