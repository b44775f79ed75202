"""A receiver of webhooks: a real HTTP server that keeps what it gets and answers as it is told."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from msgspec import Struct

from tests.collector.collecting import wait_until

Answer = Callable[[dict[str, Any]], tuple[int, dict[str, str]]]


class Post(Struct, frozen=True):
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def seq(self) -> int:
        return int(self.event["id"])


class Receiver:
    """`answer` decides from the JSON of a body; `hold` keeps every answer back until it is cleared."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.answer: Answer = lambda _: (204, {})
        self.says = b""
        """The body of an answer whose headers tell its length."""
        self.open = threading.Event()
        self.open.set()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/alarms?x=1"

    def seqs(self) -> list[int]:
        return [post.seq for post in self.posts]

    def await_posts(self, count: int) -> list[Post]:
        wait_until(lambda: len(self.posts) >= count)
        return self.posts

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if len(body) < length:
                    return  # whoever sent it was killed
                receiver.posts.append(Post(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                receiver.open.wait(60)
                status, headers = receiver.answer(json.loads(body))
                self.send_response(status)
                for name, value in {"content-length": "0", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(receiver.says)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.open.set()
        receiver.server.shutdown()
        receiver.server.server_close()
        thread.join(10)
