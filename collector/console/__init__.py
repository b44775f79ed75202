"""The web console: `web/` is its source, `built/` what browsers get (made by `hatch_build.py`)."""

from pathlib import Path
from typing import Final

BUILT: Final = Path(__file__).with_name("built")
"""Static files; `index.html` answers for every page of the console."""
