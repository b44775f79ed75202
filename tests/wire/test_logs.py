"""Every program logs one JSON object a line, and does not load what it never uses for it."""

import json
import subprocess
import sys

LOG_AND_FAIL = """
from wire import logs
import sys, structlog
assert "rich" not in sys.modules
logs.configure("info")
log = structlog.get_logger()
log.debug("not told")
log.info("told", site="бк-07")
try:
    1 / 0
except ZeroDivisionError:
    log.exception("went wrong")
from rich.console import Console
Console().print("rich is there for who asks for it")
"""


def test_a_line_is_one_json_object_and_rich_comes_only_for_who_imports_it() -> None:
    done = subprocess.run([sys.executable, "-c", LOG_AND_FAIL], capture_output=True, text=True, check=True)
    told, failed = map(json.loads, done.stderr.splitlines())
    assert (told["event"], told["level"], told["site"]) == ("told", "info", "бк-07")
    assert failed["exception"][0]["exc_type"] == "ZeroDivisionError"
    assert done.stdout.startswith("rich is there")


def test_rich_that_was_loaded_before_stays_loaded() -> None:
    code = "import rich, sys; from wire import logs; print(sys.modules['rich'] is rich)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"
