"""The application: every router of the folder `routes`, headers, problems, the console's files."""

from importlib import import_module
from importlib.metadata import version
from pkgutil import iter_modules
from typing import Final

from fastapi import APIRouter, Depends, FastAPI

from collector.feed import problems, routes
from collector.feed.auth import caller
from collector.feed.console import Console
from collector.feed.context import Context
from collector.feed.headers import Guard
from collector.feed.stream import Streams

BASE: Final = "/api/v1"


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
    for topic in sorted(module.name for module in iter_modules(routes.__path__)):
        api.include_router(import_module(f"{routes.__name__}.{topic}").router)

    @api.get("/openapi.json", include_in_schema=False, dependencies=[Depends(caller)])
    def _described() -> dict[str, object]:
        return app.openapi()

    app.include_router(api)
    app.mount("/", Console())
    problems.install(app)
    app.add_middleware(Guard, is_https=(context.table.public_url or "").startswith("https://"))
    app.add_middleware(Streams)  # the outermost
    return app
