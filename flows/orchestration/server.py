"""Prefect's server, whose transactions in SQLite wait for each other.

A transaction of Prefect reads first and writes then. If another one writes in between, SQLite refuses the write, and
the server answers 503. Prefect's clients ask again. Its pages do not: what a person decided about a version would be
lost.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from prefect.server.api import server
from prefect.server.database.configurations import SQLITE_BEGIN_MODE, AioSqliteConfiguration
from prefect.server.database.dependencies import set_database_config
from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL
from sqlalchemy.ext.asyncio import AsyncSession, AsyncSessionTransaction


class WaitingSqlite(AioSqliteConfiguration):
    """SQLite where a transaction takes the lock for writing when it begins, and waits for it."""

    @asynccontextmanager
    async def begin_transaction(
        self, session: AsyncSession, with_for_update: bool = False
    ) -> AsyncGenerator[AsyncSessionTransaction, None]:
        """Prefect asks for the lock itself in a few places, by `with_for_update`."""
        async with super().begin_transaction(session, with_for_update=True) as transaction:
            await session.connection()  # SQLAlchemy begins with the first statement, unless it is asked to
            token = SQLITE_BEGIN_MODE.set("DEFERRED")  # what only reads meanwhile must not wait for the lock
            try:
                yield transaction
            finally:
                SQLITE_BEGIN_MODE.reset(token)


def create_app() -> FastAPI:
    """Prefect's application, by the settings in the environment."""
    url = PREFECT_API_DATABASE_CONNECTION_URL.value()
    if url.startswith("sqlite"):
        set_database_config(WaitingSqlite(connection_url=url))
    return server.create_app()
