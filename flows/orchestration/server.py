"""Prefect's server, with SQLite transactions that wait for each other.

A transaction of Prefect reads first and then writes. If another one writes in between, SQLite refuses the write, and
the server answers 503. Prefect's clients try again, but its pages do not. So a person's decision about a version would
be lost.
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
    """SQLite configuration in which a transaction waits for the write lock when it begins."""

    @asynccontextmanager
    async def begin_transaction(
        self, session: AsyncSession, with_for_update: bool = False
    ) -> AsyncGenerator[AsyncSessionTransaction, None]:
        """Always take the write lock; Prefect itself does so in a few places, with `with_for_update`."""
        async with super().begin_transaction(session, with_for_update=True) as transaction:
            await session.connection()  # begins now; SQLAlchemy otherwise begins with the first statement
            token = SQLITE_BEGIN_MODE.set("DEFERRED")  # transactions that only read must not wait for the lock
            try:
                yield transaction
            finally:
                SQLITE_BEGIN_MODE.reset(token)


def create_app() -> FastAPI:
    """Prefect's application, with the settings from the environment."""
    url = PREFECT_API_DATABASE_CONNECTION_URL.value()
    if url.startswith("sqlite"):
        set_database_config(WaitingSqlite(connection_url=url))
    return server.create_app()
