"""JSON logs on standard error, one object a line, the same fields from every program."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _absent(name: str) -> Iterator[None]:
    """Let imports of a module that is not loaded yet fail for the moment, as if it were not installed."""
    if name in sys.modules:
        yield
        return
    # None makes an import fail: https://docs.python.org/3/reference/import.html#the-module-cache
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]


# Where rich is installed structlog takes it for the tracebacks of its console: 5 MB, and we write JSON.
with _absent("rich"):
    import structlog


def configure(level: str) -> None:
    """Set structlog up for a process; `level` is debug, info, warning or error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,  # the level may change while the program runs
    )
