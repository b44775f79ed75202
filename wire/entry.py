"""How each command starts: where only another part of Ulba is installed, it says what is missing."""

import sys
from importlib import import_module

import wire.logs  # noqa: F401  # before anything else imports structlog, and rich with it


def start(command: str, module: str, extra: str) -> None:
    """Run `<module>.main`; a library that is not installed is one sentence and exit code 1."""
    try:
        import_module(module).main()
    except ModuleNotFoundError as error:
        sys.exit(f"{command} needs {error.name}, which is not installed: pip install 'ulba[{extra}]'")
