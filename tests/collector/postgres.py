"""A real PostgreSQL of the test's own; it refuses to run as root, so root hands it to the user `postgres`."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from tests.servers import Server

_AS_POSTGRES = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")


class Postgres(Server):
    """On a free port of 127.0.0.1, without passwords."""

    package = "postgresql"
    binary = "postgres"

    def __init__(self) -> None:
        super().__init__(Path(tempfile.mkdtemp(prefix="ulba-postgres-")))
        self._data = self.folder / "data"
        self._as = list(_AS_POSTGRES) if os.geteuid() == 0 else []
        if self._as:
            shutil.chown(self.folder, "postgres")
        initdb = Path(self.path).resolve().with_name("initdb")
        subprocess.run(
            [*self._as, initdb, "-D", self._data, "-U", "ulba", "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True,
            capture_output=True,
            cwd=self.folder,
        )

    def command(self) -> list[str]:
        options = [
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            f"unix_socket_directories={self.folder}",
            "-c",
            "fsync=off",
        ]
        return [*self._as, self.path, "-D", str(self._data), "-p", str(self.port), *options]

    def answers(self) -> bool:
        """After a crash the port is open while it recovers."""
        ready = Path(self.path).resolve().with_name("pg_isready")
        done = subprocess.run([ready, "-q", "-h", "127.0.0.1", "-p", str(self.port)], check=False)
        return done.returncode == 0

    def kill(self) -> None:
        self._end(signal.SIGQUIT)  # as a crash: no goodbye to anyone, recovery at the next start

    def stop(self) -> None:
        self._end(signal.SIGINT)  # SIGTERM would wait for every client
        shutil.rmtree(self.folder)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://ulba@127.0.0.1:{self.port}/{database}"
