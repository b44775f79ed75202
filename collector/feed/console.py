"""The files of the web console: what is built is served, any other address gets its page."""

from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

import collector

BUILT: Final = Path(collector.__file__).parent / "console" / "built"
_NO_PAGES: Final = ("api/", "assets/")
_FOR_GOOD: Final = "public, max-age=31536000, immutable"


class Console(StaticFiles):
    """Files whose names hold a hash are kept by browsers, the page is asked for each time."""

    def __init__(self, folder: Path = BUILT) -> None:
        super().__init__(directory=folder, html=True, check_dir=False)
        self._is_built = (folder / "index.html").is_file()

    async def check_config(self) -> None:
        """An installation without the console is none that is broken."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        if not self._is_built:
            raise HTTPException(404, "the web console is not part of this installation")
        try:
            found = await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != 404 or path.startswith(_NO_PAGES):  # noqa: PLR2004
                raise
            found = await super().get_response("index.html", scope)
        found.headers["cache-control"] = _FOR_GOOD if path.startswith("assets/") else "no-cache"
        return found
