"""The units as systemd's own tools see them; no running systemd is needed."""

import json
import shutil
import subprocess
from pathlib import Path, PurePosixPath

import pytest

from collector.cli.service import SERVICE as COLLECTOR
from edge_agent.cli.service import SERVICE as AGENT
from tests.programs import command
from wire.systemd.unit import Service, service_unit, user_entry

pytestmark = pytest.mark.system
ROOT = Path(__file__).parents[2]
UNITS = ROOT / "config" / "systemd"
MOST_EXPOSED = 2.0
BOTH = pytest.mark.parametrize("service", [AGENT, COLLECTOR], ids=["agent", "collector"])
SHORT = {"ulba-agent": "agent", "ulba-collector": "collector"}


def systemd(tool: str, *arguments: str) -> str:
    """What one of systemd's tools says, on both streams; it must succeed."""
    assert shutil.which(tool), f"{tool} is missing: sudo apt-get install systemd"
    done = subprocess.run([tool, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def folder(service: Service) -> PurePosixPath:
    return PurePosixPath("/usr/lib/ulba", SHORT[service.name], "bin")


def installed(tmp_path: Path, service: Service) -> Path:
    """A machine's folder with a service that was installed there by its own command."""
    config = tmp_path / service.config.lstrip("/")
    config.parent.mkdir(parents=True)
    config.write_text((ROOT / "config" / config.name).read_text())
    (tmp_path / "etc/group").write_text("root:x:0:\ndialout:x:20:\n")
    done = command(service.program, "service", "install", "--root", str(tmp_path))
    assert done.returncode == 0, done.stderr
    return tmp_path


@BOTH
def test_what_is_shipped_is_what_the_command_writes(service: Service) -> None:
    unit = (UNITS / f"{service.name}.service").read_text()
    assert unit == service_unit(service, folder(service), PurePosixPath(service.config))
    assert (UNITS / f"{service.name}.sysusers").read_text() == user_entry(service)


@BOTH
def test_systemd_has_nothing_to_say_about_a_unit(tmp_path: Path, service: Service) -> None:
    installed(tmp_path, service)
    file = tmp_path / "etc/systemd/system" / f"{service.name}.service"
    assert systemd("systemd-analyze", "verify", str(file)) == ""


def test_an_unknown_key_would_be_heard(tmp_path: Path) -> None:
    file = tmp_path / "some.service"
    file.write_text("[Service]\nExecStart=/bin/true\nRestartDelayMax=1s\n")
    assert "RestartDelayMax" in systemd("systemd-analyze", "verify", str(file))


@BOTH
def test_a_service_is_hardly_exposed(service: Service) -> None:
    unit = str(UNITS / f"{service.name}.service")
    told = systemd("systemd-analyze", "security", "--offline=true", "--json=short", unit)
    assert json.loads(told)
    summary = systemd("systemd-analyze", "security", "--offline=true", "--no-pager", unit)
    line = next(line for line in summary.splitlines() if "Overall exposure level" in line)
    assert float(line.split(": ")[1].split()[0]) <= MOST_EXPOSED


@BOTH
def test_a_unit_keeps_what_it_is_for(service: Service) -> None:
    lines = (UNITS / f"{service.name}.service").read_text().splitlines()
    assert {"Type=notify", "Restart=always", "NoNewPrivileges=yes", "ProtectSystem=strict"} <= set(lines)
    assert f"User={service.name}" in lines
    assert f"SupplementaryGroups={'dialout' if service is AGENT else ''}" in lines
    assert f"LoadCredential=mqtt:{service.name}.mqtt" in lines
    assert any(line.startswith("WatchdogSec=") for line in lines)
    assert any(line.startswith("MemoryMax=") for line in lines)


def test_the_agent_may_ask_the_kernel_about_its_clock_and_its_boot() -> None:
    """What is allowed stands behind what is denied; ProtectClock= or ProcSubset=pid would blind it."""
    lines = (UNITS / "ulba-agent.service").read_text().splitlines()
    filters = [line for line in lines if line.startswith("SystemCallFilter=")]
    assert filters[-1] == "SystemCallFilter=adjtimex clock_adjtime"
    assert not any(line.startswith(("ProtectClock=", "ProcSubset=")) for line in lines)


@BOTH
def test_install_status_and_uninstall(tmp_path: Path, service: Service) -> None:
    installed(tmp_path, service)
    user = (tmp_path / "etc/passwd").read_text()
    assert f"{service.name}:x:" in user
    assert ("dialout:x:20:ulba-agent" in (tmp_path / "etc/group").read_text()) is (service is AGENT)
    assert (tmp_path / f"etc/systemd/system/multi-user.target.wants/{service.name}.service").is_symlink()
    told = command(service.program, "service", "status", "--root", str(tmp_path), "--json")
    assert json.loads(told.stdout)["enabled"] == "enabled"
    gone = command(service.program, "service", "uninstall", "--root", str(tmp_path))
    assert gone.returncode == 0, gone.stderr
    assert not list((tmp_path / "etc/systemd/system").rglob("*.service"))
    assert (tmp_path / service.config.lstrip("/")).exists()
    again = command(service.program, "service", "uninstall", "--root", str(tmp_path))
    assert (again.returncode, "not there" in again.stderr) == (1, True)
    told = command(service.program, "service", "status", "--root", str(tmp_path))
    assert (told.returncode, told.stdout) == (1, f"{service.name}: not installed\n")


def test_a_configuration_that_cannot_work_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    config = tmp_path / "etc/ulba/agent.toml"
    config.parent.mkdir(parents=True)
    sample = (ROOT / "config/agent.toml").read_text()
    for text, said in [
        (sample.replace('# path = "/var/lib/ulba/agent', 'path = "/var/lib/other'), "may write only below"),
        (sample.replace("gateway =", "gatewy ="), "did you mean `gateway`?"),
    ]:
        config.write_text(text)
        done = command("edge-agent", "service", "install", "--root", str(tmp_path))
        assert done.returncode == 1
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1, done.stderr
    assert not (tmp_path / "etc/systemd").exists()


def test_what_a_package_installed_is_left_to_it(tmp_path: Path) -> None:
    unit = tmp_path / "usr/lib/systemd/system/ulba-agent.service"
    unit.parent.mkdir(parents=True)
    unit.write_text("")
    (tmp_path / "etc/ulba").mkdir(parents=True)
    (tmp_path / "etc/ulba/agent.toml").write_text((ROOT / "config/agent.toml").read_text())
    for verb in ("install", "uninstall"):
        done = command("edge-agent", "service", verb, "--root", str(tmp_path))
        assert (done.returncode, "package" in done.stderr) == (1, True)
