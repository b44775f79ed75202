"""What every answer says to browsers, how large a request may be, and the files of the console."""

from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from collector.feed.console import Console
from collector.feed.headers import MOST_BYTES
from collector.users.roles import Role
from tests.collector.feed.serving import Server, event, serving

ALL = ("*", Role.DISPATCHER)


@pytest.mark.parametrize("path", ["/", "/api/v1/health", "/api/v1/me", "/api/v1/nothing", "/alarms/anything"])
def test_every_answer_keeps_the_browser_on_its_guard(server: Server, path: str) -> None:
    headers = httpx.get(f"{server.url}{path}").headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "server" not in headers
    if path.startswith("/api/"):
        assert headers["cache-control"] == "no-store"


def test_the_stream_has_the_same_headers(server: Server) -> None:
    with server.person("anna", ALL).stream() as stream:
        assert stream.answer.headers["x-content-type-options"] == "nosniff"
        assert stream.answer.headers["cache-control"] == "no-store"
        assert stream.answer.headers["content-type"].startswith("text/event-stream")


def test_behind_https_browsers_are_told_to_stay_there(tmp_path: Path) -> None:
    with serving(tmp_path, public_url="https://ulba.example") as server:
        headers = httpx.get(f"{server.url}/api/v1/health").headers
        assert headers["strict-transport-security"] == "max-age=31536000"


def test_a_body_that_is_too_large_is_refused(server: Server) -> None:
    answer = httpx.post(f"{server.url}/api/v1/login", json={"name": "x" * MOST_BYTES, "password": "y"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")

    def pieces() -> "list[bytes]":
        return [b"x" * 100_000] * 20

    headers = {"content-type": "application/json"}
    answer = httpx.post(f"{server.url}/api/v1/login", content=iter(pieces()), headers=headers)
    assert answer.status_code == 413, "without a length as well"


def test_a_large_list_is_compressed_for_those_who_take_it(server: Server) -> None:
    anna = server.person("anna", ALL)
    server.tell(*(event(f"c{n}") for n in range(20)))
    packed = anna.get("/alarms")
    plain = anna.get("/alarms", headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.json()["alarms"] == plain.json()["alarms"]
    assert int(packed.headers["content-length"]) < len(plain.content) / 4


@pytest.fixture
def console(tmp_path: Path) -> FastAPI:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<title>page</title>")
    (tmp_path / "assets" / "app-1a2b.js").write_text("let x;")
    app = FastAPI()
    app.mount("/", Console(tmp_path))
    return app


def asked(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://centre")


async def test_any_address_of_the_console_gets_its_page(console: FastAPI) -> None:
    for path in ("/", "/sites/bh-01", "/journal"):
        async with asked(console) as browser:
            answer = await browser.get(path)
        assert (answer.text, answer.headers["cache-control"]) == ("<title>page</title>", "no-cache")


async def test_files_with_a_hash_are_kept_and_nothing_else_is_reached(console: FastAPI) -> None:
    async with asked(console) as browser:
        answer = await browser.get("/assets/app-1a2b.js")
        outside = await browser.get("/%2e%2e/%2e%2e/etc/passwd")
        gone = [await browser.get(path) for path in ("/api/v1/nothing", "/assets/gone.js")]
    assert (answer.text, answer.headers["cache-control"]) == (
        "let x;",
        "public, max-age=31536000, immutable",
    )
    assert outside.text == "<title>page</title>"
    assert [one.status_code for one in gone] == [404, 404]
