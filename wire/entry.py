"""How each command starts: where only another part of Ulba is installed, it says what is missing."""

import sys
from importlib import import_module


def start(command: str, package: str, extra: str) -> None:
    """Run `<package>.cli.main`; a library that is not installed is one sentence and exit code 1."""
    try:
        import_module(f"{package}.cli").main()
    except ModuleNotFoundError as error:
        sys.exit(f"{command} needs {error.name}, which is not installed: pip install 'ulba[{extra}]'")
