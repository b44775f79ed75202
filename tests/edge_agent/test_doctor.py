"""Doctor beside a running agent and without one: whatever is missing is a finding, never a traceback."""

import asyncio
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from edge_agent.doctor.finding import Verdict
from edge_agent.drivers._holders import holding
from edge_agent.health import record
from firmware_sim.devices import PtyLine
from tests.contracts.walking import is_printed
from tests.edge_agent import outboxes
from tests.edge_agent.commissioning import Done, edge_agent, instrument
from tests.edge_agent.test_commissioning_takeover import PORT, polls, running_agent, written_config
from tests.programs import Program, command, script
from tests.servers import Mosquitto, free_port
from tests.stories.region import Region
from tests.system.test_mosquitto_config import OURS, Configured

pytestmark = pytest.mark.system
MIB = 1024 * 1024


def by_area(done: Done) -> dict[str, dict[str, Any]]:
    """The gravest finding of each area."""
    assert "Traceback" not in done.err
    found: dict[str, dict[str, Any]] = {}
    gravity = list(Verdict)
    for finding in sorted(done.json["findings"], key=lambda one: gravity.index(one["verdict"])):
        assert finding["what"].endswith(".")
        assert bool(finding["do"]) == (finding["verdict"] != "ok"), finding
        found[finding["area"]] = finding
    return found


async def doctor(config: Path, *more: str, status: int) -> dict[str, dict[str, Any]]:
    done = await edge_agent("doctor", "-c", str(config), "--json", *more)
    assert done.status == status, done.out + done.err
    return by_area(done)


def with_broker(config: Path, table: str) -> Path:
    head, _, tail = config.read_text(encoding="utf-8").partition("[broker]\n")
    config.write_text(f"{head}[broker]\n{table}\n{tail[tail.index('[outbox]') :]}", encoding="utf-8")
    return config


async def test_a_configuration_that_is_not_there_or_wrong_is_said_and_the_rest_is_looked_at(
    tmp_path: Path,
) -> None:
    found = await doctor(tmp_path / "none.toml", status=1)
    assert "none.toml: cannot be read: No such file" in found["configuration"]["what"]
    assert {"service", "clock"} <= set(found)
    config = written_config(tmp_path)
    config.write_text(config.read_text().replace("baud = 9600", "bad = 9600"))
    found = await doctor(config, status=1)
    assert "unknown key; did you mean `baud`?" in found["configuration"]["what"]


async def test_a_machine_on_which_nothing_is_there_yet(tmp_path: Path) -> None:
    """No agent, no adapter, no broker, no outbox."""
    found = await doctor(written_config(tmp_path), status=1)
    assert found["agent"]["verdict"] == "warning"
    assert found["port rs485"]["verdict"] == "wrong"
    assert "Plug it in" in found["port rs485"]["do"]
    assert "refuses connections" in found["broker"]["what"]
    assert found["outbox"] == {
        "area": "outbox",
        "verdict": "ok",
        "what": f"There is no {tmp_path}/outbox.db yet; the agent makes it.",
        "do": "",
    }


async def test_an_adapter_that_was_swapped_is_named(tmp_path: Path) -> None:
    config = written_config(tmp_path)
    async with PtyLine([instrument("renke_rs_fxjt", 2)], tmp_path / "by-id/usb-other", 9600):
        found = await doctor(config, status=1)
    assert found["port rs485"]["do"].endswith(f"{tmp_path}/by-id/usb-other.")


async def test_beside_a_running_agent_its_own_record_tells_of_the_line(tmp_path: Path) -> None:
    async with running_agent(tmp_path) as vane:
        await recorded(tmp_path)
        found = await doctor(tmp_path / "agent.toml", status=1)
        await polls(vane)  # it was not disturbed
    assert found["agent"]["verdict"] == "ok"
    assert "held by the agent" in found["port rs485"]["what"]
    assert found["line rs485"]["what"].startswith("Of ")
    assert found["line rs485"]["verdict"] == "ok"
    assert found["collector"]["verdict"] == "wrong"
    assert "The agent has no line to it: broker 127.0.0.1" in found["collector"]["what"]
    assert found["detection"]["what"] == "There is nothing for detectors to watch."
    after = await doctor(tmp_path / "agent.toml", status=1)
    assert "It does not run; its last word is" in after["agent"]["what"]


async def recorded(folder: Path) -> None:
    async with asyncio.timeout(30):
        while not (folder / "outbox.db.health").exists():  # noqa: ASYNC110  another process writes it
            await asyncio.sleep(0.05)


async def test_probe_borrows_the_line_reads_each_device_and_gives_it_back(tmp_path: Path) -> None:
    async with running_agent(tmp_path) as vane:
        found = await doctor(tmp_path / "agent.toml", "--probe", status=1)
        await polls(vane)
    assert found["device vane"] == {"area": "device vane", "verdict": "ok", "what": "It answers.", "do": ""}


async def test_probe_without_an_agent_says_who_does_not_answer(tmp_path: Path) -> None:
    async with PtyLine([instrument("renke_rs_fxjt", 3)], tmp_path / PORT, 9600):
        found = await doctor(written_config(tmp_path), "--probe", status=1)
    assert "It does not answer" in found["device vane"]["what"]
    assert "A and B" in found["device vane"]["do"]


async def test_a_port_that_another_program_holds_is_said_with_its_name(tmp_path: Path) -> None:
    config = written_config(tmp_path)
    async with PtyLine([instrument("renke_rs_fxjt", 2)], tmp_path / PORT, 9600):
        other = await asyncio.create_subprocess_exec("flock", "-x", str(tmp_path / PORT), "sleep", "100")
        try:
            await held(tmp_path / PORT)
            found = await doctor(config, "--probe", status=1)
        finally:
            other.terminate()
            await other.wait()
    assert "in use by" in found["port rs485"]["what"]
    assert "Stop it" in found["port rs485"]["do"]
    assert "did not let go" in found["device vane"]["what"]


async def held(port: Path) -> None:
    async with asyncio.timeout(30):
        while not holding(port):  # noqa: ASYNC110  another process locks it
            await asyncio.sleep(0.02)


async def test_a_whole_region_is_well(tmp_path: Path) -> None:
    with Region(tmp_path) as region:
        region.start_agents()
        region.await_readings()
        agent = next(iter(region.agents))
        found = await until_well(region.configs[agent])
        region.agents[agent].stop()
    assert {finding["verdict"] for finding in found.values()} <= {"ok", "warning"}
    assert "accepts us" in found["broker"]["what"]
    assert found["collector"]["verdict"] == "ok"
    assert "rows are learnt" in found["detection"]["what"]
    assert "the collector's, by its last receipt" in found["clock"]["what"]


async def until_well(config: Path) -> dict[str, dict[str, Any]]:
    """The agent writes its record within seconds of its start."""
    async with asyncio.timeout(30):
        while True:
            done = await edge_agent("doctor", "-c", str(config), "--json")
            found = by_area(done)
            if (
                done.status == 0
                and {"collector", "detection"} <= set(found)
                and "receipt" in found["clock"]["what"]
            ):
                return found


async def test_a_batch_that_waits_shows_whether_the_whole_way_is_open(tmp_path: Path) -> None:
    """Agent stopped, broker without a collector: accepted, and not answered."""
    with Mosquitto(tmp_path / "mosquitto") as broker:
        config = with_broker(written_config(tmp_path), f"port = {broker.port}")
        with outboxes.outbox(tmp_path / "outbox.db") as box:
            outboxes.append(box, outboxes.scan(1))
        found = await doctor(config, status=1)
    assert "publish batches" in found["broker"]["what"]
    assert "It did not answer a batch" in found["collector"]["what"]


@pytest.mark.parametrize(
    ("user", "password", "said"),
    [
        (str(OURS), "secret", "accepts us as 'bh-07/gw-1' and lets us read receipts and publish batches"),
        (str(OURS), "other", "refuses user 'bh-07/gw-1'"),
        ("collector", "secret", "does not let 'collector' publish its batches"),
    ],
)
async def test_login_and_access_list_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: str, password: str, said: str
) -> None:
    monkeypatch.setenv("ULBA_TEST_MQTT", password)
    with Configured(tmp_path / "broker") as broker:
        table = f'port = {broker.port}\nusername = "{user}"\npassword = "env:ULBA_TEST_MQTT"'
        config = with_broker(written_config(tmp_path), table)
        with outboxes.outbox(tmp_path / "outbox.db") as box:
            outboxes.append(box, outboxes.scan(1))
        found = await doctor(config, status=1)
    assert said in found["broker"]["what"]


async def test_a_password_that_cannot_be_had_here_is_a_warning(tmp_path: Path) -> None:
    with Configured(tmp_path / "broker") as broker:
        table = f'port = {broker.port}\nusername = "x"\npassword = "env:ULBA_NOT_SET"'
        found = await doctor(with_broker(written_config(tmp_path), table), status=1)
    assert found["broker"]["verdict"] == "warning"
    assert "ULBA_NOT_SET is not set" in found["broker"]["what"]


class Authority:
    """Certificates of a day that is told, by the openssl command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self._openssl(
            "req", "-x509", "-subj", "/CN=Test authority", "-days", "3650", *self._key("ca"), "-out", "ca.pem"
        )

    def server(self, first: str, last: str, name: str = "IP:127.0.0.1") -> None:
        """`server.pem` and `server.key`; times as in 20200101000000Z."""
        (self.folder / "ext").write_text(
            f"[v]\nsubjectAltName={name}\n[ca]\ndatabase=db\nserial=serial\nnew_certs_dir=.\npolicy=p\ndefault_md=sha256\nunique_subject=no\n[p]\ncommonName=supplied\n"
        )
        (self.folder / "db").touch()
        self._openssl("req", "-new", "-subj", "/CN=broker", *self._key("server"), "-out", "server.csr")
        self._openssl(
            *("ca", "-batch", "-config", "ext", "-name", "ca", "-extensions", "v", "-rand_serial"),
            *("-cert", "ca.pem", "-keyfile", "ca.key", "-in", "server.csr", "-out", "server.pem", "-notext"),
            *("-startdate", first, "-enddate", last),
        )

    @staticmethod
    def _key(name: str) -> tuple[str, ...]:
        return ("-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key")

    def _openssl(self, *words: str) -> None:
        done = subprocess.run(
            ["openssl", *words], cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


class Encrypted(Mosquitto):
    def command(self) -> list[str]:
        file = self.folder / "mosquitto.conf"
        certificates = self.folder.parent / "certificates"
        file.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nuser root\n"
            f"cafile {certificates}/ca.pem\ncertfile {certificates}/server.pem\n"
            f"keyfile {certificates}/server.key\n"
        )
        return [self.path, "-c", str(file)]


@pytest.mark.parametrize(
    ("valid", "name", "verdict", "said"),
    [
        (("20200101000000Z", "20991231000000Z"), "IP:127.0.0.1", "ok", "accepts us"),
        (("20200101000000Z", "20210101000000Z"), "IP:127.0.0.1", "wrong", "has expired"),
        (("20890101000000Z", "20991231000000Z"), "IP:127.0.0.1", "wrong", "is not valid yet"),
        (("20200101000000Z", "20991231000000Z"), "DNS:broker.example", "wrong", "is for another host"),
    ],
)
async def test_certificates(
    tmp_path: Path, valid: tuple[str, str], name: str, verdict: str, said: str
) -> None:
    authority = Authority(tmp_path / "certificates")
    authority.server(*valid, name)
    with Encrypted(tmp_path / "broker") as broker:
        table = f'port = {broker.port}\nca_file = "{authority.folder}/ca.pem"'
        found = await doctor(with_broker(written_config(tmp_path), table), status=1)
        table = f'port = {broker.port}\nca_file = "{authority.folder}/none.pem"'
        missing = await doctor(with_broker(written_config(tmp_path), table), status=1)
        unknown = await doctor(
            with_broker(written_config(tmp_path), f'port = {broker.port}\nca_file = ""'), status=1
        )
    assert (found["broker"]["verdict"], said in found["broker"]["what"]) == (verdict, True)
    assert ("certificate" in found) == (verdict == "ok")
    assert "none.pem" in missing["broker"]["what"]
    assert "not trusted" in unknown["broker"]["what"] or verdict == "wrong"


async def test_a_port_that_is_no_mqtt_broker_or_speaks_no_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "certificates")
    with Mosquitto(tmp_path / "mosquitto") as broker:
        table = f'port = {broker.port}\nca_file = "{authority.folder}/ca.pem"'
        found = await doctor(with_broker(written_config(tmp_path), table), status=1)
    assert "speaks no TLS" in found["broker"]["what"] or "cannot be reached" in found["broker"]["what"]
    table = f'host = "no-such-host.invalid"\nport = {free_port()}'
    found = await doctor(with_broker(written_config(tmp_path), table), status=1)
    assert "is no known name" in found["broker"]["what"]


@contextmanager
def small_disk(folder: Path, options: str) -> Iterator[None]:
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"mounting a small disk takes root: {done.stderr}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


async def remounted(folder: Path, how: str) -> None:
    done = await asyncio.create_subprocess_exec("mount", "-o", f"remount,{how}", str(folder))
    assert await done.wait() == 0


async def test_a_full_disk_and_one_that_cannot_be_written(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    config = written_config(tmp_path)
    config.write_text(config.read_text().replace(f"{tmp_path}/outbox.db", f"{disk}/outbox.db"))
    found = await doctor(config, status=1)
    assert "no such file" in found["disk"]["what"]
    with small_disk(disk, "size=40m"):
        with outboxes.outbox(disk / "outbox.db") as box:
            outboxes.append(box, outboxes.scan(1))
        found = await doctor(config, status=1)
        assert "the outbox may take" in found["disk"]["what"]
        (disk / "more").write_bytes(bytes(20 * MIB))
        found = await doctor(config, status=1)
        assert found["disk"]["verdict"] == "wrong"
        assert "readings wait in memory" in found["disk"]["what"]
        await remounted(disk, "ro")
        found = await doctor(config, status=1)
        assert "cannot be written" in found["disk"]["what"]


async def test_an_outbox_that_is_none_or_damaged_is_said(tmp_path: Path) -> None:
    config = written_config(tmp_path)
    (tmp_path / "outbox.db").write_bytes(os.urandom(8192))
    (tmp_path / "outbox.db.health").write_bytes(b"{")
    (tmp_path / "outbox.db.rollout").write_bytes(b"{")
    found = await doctor(config, status=1)
    assert found["outbox"]["verdict"] == "wrong"
    assert "outbox.db: file is not a database" in found["outbox"]["what"]


def test_people_get_a_page_and_a_sum(tmp_path: Path) -> None:
    done = command("edge-agent", "doctor", "-c", str(written_config(tmp_path)))
    assert done.returncode == 1
    assert "→ Plug it in" in done.stdout
    assert done.stdout.splitlines()[-1].endswith(" ok")
    assert not done.stderr


def test_the_record_is_written_by_the_agent_and_outlives_it(tmp_path: Path) -> None:
    with Program("agent", ["edge-agent", "run", "-c", str(written_config(tmp_path))], tmp_path) as agent:
        agent.await_ready()
        pid = agent.pid
        while (found := record.read(tmp_path / "outbox.db.health")) is None:
            assert agent.process is not None
            assert agent.process.poll() is None
        agent.kill()
    assert found.pid == pid
    assert [link.up for link in found.status.links] == [False]


async def test_the_page_of_the_documentation_is_printed(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "service.md").read_text(encoding="utf-8")
    (shown,) = [
        text for text in re.findall(r"```text\n(.*?)```", page, re.DOTALL) if "agent.toml is good" in text
    ]
    config = written_config(tmp_path)
    named = config.read_text().replace(str(tmp_path / PORT), "by-id/usb-FTDI_FT232R-if00-port0")
    config.write_text(named.replace(f"{tmp_path}/", ""))
    async with PtyLine([instrument("renke_rs_fxjt", 2)], tmp_path / PORT, 9600):
        done = await asyncio.to_thread(
            subprocess.run,
            [script("edge-agent"), "doctor", "-c", "agent.toml"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env=os.environ | {"COLUMNS": "200"},
            check=False,
        )
    missing = [line for line in shown.splitlines() if not is_printed(line, done.stdout)]
    assert not missing, f"{missing} not in:\n{done.stdout}"
