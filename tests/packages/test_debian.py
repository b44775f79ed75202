"""The Debian packages on a fresh Debian 12 in a folder: installed, run, upgraded, removed, purged.

No systemd runs in there: what it would make of the unit is asked in `tests/system/test_service_units.py`.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import free_port, missing

pytestmark = [pytest.mark.package, pytest.mark.system, pytest.mark.timeout(900)]
ROOT = Path(__file__).parents[2]
MIRROR = os.environ.get("DEB_MIRROR", "http://deb.debian.org/debian")
BASE = "python3.11,systemd-standalone-sysusers,init-system-helpers"
OUTBOX = "var/lib/ulba/agent/outbox.db"
CONFIG = """
gateway = "gw-1"
[site]
name = "ap-01"
class = "air_post"
[broker]
port = {broker}
[clock]
source = "system"
[[link]]
name = "lan"
host = "127.0.0.1"
tcp_port = {device}
[[device]]
name = "inputs"
link = "lan"
profile = "owen_mv210_101"
unit = 1
period_s = 1.0
"""


def run(*command: str, **more: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env=os.environ | more, check=False, timeout=600
    )
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def needed(program: str) -> None:
    if not shutil.which(program) or os.getuid() != 0:
        missing(f"needs root and {program}: sudo apt-get install {program}")


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Package → file; `newer` is the agent with a higher version."""
    needed("debootstrap")
    folder = tmp_path_factory.mktemp("debs")
    run("config/debian/build", str(folder), PYTHON=sys.executable, DEB_COMPRESS="gzip", DEB_LEVEL="1")
    (agent,) = folder.glob("ulba-agent_*.deb")
    (collector,) = folder.glob("ulba-collector_*.deb")
    newer = folder / "newer.deb"
    tree = folder / "tree"
    run("dpkg-deb", "-R", str(agent), str(tree))
    control = tree / "DEBIAN/control"
    control.write_text(control.read_text().replace("\nVersion: ", "\nVersion: 9"))
    run("dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", str(tree), str(newer))
    shutil.rmtree(tree)
    return {"agent": agent, "collector": collector, "newer": newer}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A fresh Debian 12."""
    needed("debootstrap")
    root = tmp_path_factory.mktemp("machine") / "root"
    run("debootstrap", "--variant=minbase", f"--include={BASE}", "bookworm", str(root), MIRROR)
    yield root
    shutil.rmtree(root)


def inside(root: Path, *command: str) -> str:
    return run("chroot", str(root), *command, LC_ALL="C.UTF-8", DEBIAN_FRONTEND="noninteractive")


def install(root: Path, package: Path) -> str:
    shutil.copy(package, root / "root/package.deb")
    return inside(root, "dpkg", "--install", "/root/package.deb")


def waiting(root: Path) -> int:
    return int(json.loads(inside(root, "edge-agent", "outbox", "show", "--json"))["readings"])


def poll_until(root: Path, readings: int) -> None:
    """Run the agent as its service does, until so many readings wait: no instrument answers, no broker."""
    command = [
        "chroot",
        "--userspec=ulba-agent",
        str(root),
        "edge-agent",
        "run",
        "-c",
        "/etc/ulba/agent.toml",
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as agent:
        deadline = time.monotonic() + 60
        while not (root / OUTBOX).exists() or waiting(root) < readings:
            assert agent.poll() is None, agent.stderr.read() if agent.stderr else ""
            assert time.monotonic() < deadline
        agent.terminate()
        assert agent.wait(10) == 0


def test_the_agent_is_installed_run_upgraded_removed_and_purged(
    machine: Path, packages: dict[str, Path]
) -> None:
    assert "adapt /etc/ulba/agent.toml" in install(machine, packages["agent"])
    assert "good: links 2" in inside(machine, "edge-agent", "check")
    assert not list((machine / "etc/systemd/system").rglob("ulba-agent.service"))
    assert inside(machine, "id", "-nG", "ulba-agent").split() == ["ulba-agent", "dialout"]

    config = machine / "etc/ulba/agent.toml"
    config.write_text(CONFIG.format(broker=free_port(), device=free_port()))
    poll_until(machine, 2)
    before = waiting(machine)

    install(machine, packages["newer"])
    assert (machine / "etc/systemd/system/multi-user.target.wants/ulba-agent.service").is_symlink()
    assert (waiting(machine), config.read_text().startswith('\ngateway = "gw-1"')) == (before, True)
    poll_until(machine, before + 2)

    inside(machine, "dpkg", "--remove", "ulba-agent")
    assert not (machine / "usr/lib/ulba").exists()
    assert not (machine / "usr/bin/edge-agent").exists()
    assert config.exists()
    assert (machine / OUTBOX).exists()

    inside(machine, "dpkg", "--purge", "ulba-agent")
    assert not config.exists()
    assert not (machine / "var/lib/ulba").exists()
    assert not list((machine / "etc/systemd/system").rglob("ulba-agent.service"))


def test_the_collector_is_installed_and_purged(machine: Path, packages: dict[str, Path]) -> None:
    install(machine, packages["collector"])
    assert "usable" in inside(machine, "collector", "check")
    assert inside(machine, "id", "-nG", "ulba-collector").split() == ["ulba-collector"]
    inside(machine, "dpkg", "--purge", "ulba-collector")
    assert not (machine / "usr/lib/ulba").exists()
    assert not (machine / "etc/ulba").exists()


def test_a_package_holds_nothing_of_another_machine(packages: dict[str, Path]) -> None:
    listed = run("dpkg-deb", "--contents", str(packages["agent"]))
    names = [line.split()[5] for line in listed.splitlines()]
    other = "aarch64" if packages["agent"].stem.endswith("amd64") else "x86_64"
    assert not [name for name in names if name.endswith(f"{other}-linux-gnu.so")]
    assert [name for name in names if name.endswith("-linux-gnu.so")]
    assert not [name for name in names if "/scipy/" in name and "/tests/" in name]
    assert {"./usr/bin/edge-agent", "./etc/ulba/agent.toml"} <= set(names)
