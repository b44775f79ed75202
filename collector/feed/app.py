"""The application: routes, what is said when something goes wrong, headers, the console's files."""

from importlib.metadata import version
from typing import Final

from fastapi import APIRouter, Depends, FastAPI

from collector.feed import problems
from collector.feed.auth import caller
from collector.feed.console import Console
from collector.feed.context import Context
from collector.feed.headers import Guard
from collector.feed.routes import alarms, health, me, stream

BASE: Final = "/api/v1"
_ROUTERS: Final = (health.router, me.router, alarms.router, stream.router)


def application(context: Context) -> FastAPI:
    """The whole of it, for a server or a test."""
    app = FastAPI(
        title="Ulba",
        summary="Alarms, readings and sites of the region.",
        version=version("ulba"),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    app.state.context = context
    api = APIRouter(prefix=BASE)
    for router in _ROUTERS:
        api.include_router(router)

    @api.get("/openapi.json", include_in_schema=False, dependencies=[Depends(caller)])
    def _described() -> dict[str, object]:
        return app.openapi()

    app.include_router(api)
    app.mount("/", Console())
    problems.install(app)
    app.add_middleware(Guard, is_https=(context.table.public_url or "").startswith("https://"))
    return app
