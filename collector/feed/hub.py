"""One ring of events for all clients: an event is encoded once a language, a client keeps only its place.

A client that is so slow that the ring has overtaken it is told to reload; nobody's slowness costs memory.
Everything here runs in the loop of the server, but for `post`, which any thread may call.
"""

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Collection, Sequence
from operator import attrgetter
from typing import Final

RING: Final = 4_096
CHUNK: Final = 32_768
"""Bytes written at once; more waits for the client to take them."""
RELOAD: Final = b"event: reload\ndata: {}\n\n"

Readable = frozenset[str] | None
"""Groups of sites that somebody may read; None: all."""
Encode = Callable[[str, Readable], bytes]


class Item:
    """One event: its journal number, whose business it is, and its encoding in each language.

    One that is not numbered tells of what was so at that number; a client that resumes is told again.
    """

    __slots__ = ("_encode", "_kept", "groups", "is_numbered", "seq")

    def __init__(self, seq: int, groups: frozenset[str], encode: Encode, *, is_numbered: bool = True) -> None:
        self.seq, self.groups, self.is_numbered = seq, groups, is_numbered
        self._encode = encode
        self._kept: dict[tuple[str, Readable], bytes] = {}

    def encoded(self, language: str, readable: Readable = None) -> bytes:
        """What is written to a client; nothing where it is none of its business."""
        inside = None if readable is None or self.groups <= readable else self.groups & readable
        if inside is not None and not inside:
            return b""
        if (language, inside) not in self._kept:
            self._kept[language, inside] = self._encode(language, inside)
        return self._kept[language, inside]


class Client:
    """Somebody who follows the stream: the language, what may be read, the place in the ring."""

    __slots__ = ("after", "beat", "is_over", "key", "language", "position", "readable", "woken")

    def __init__(self, language: str, readable: Readable, key: bytes | None = None) -> None:
        self.language, self.readable, self.key = language, readable, key
        self.after = self.position = self.beat = 0
        self.is_over = False
        self.woken = asyncio.Event()

    def end(self) -> None:
        """Let it go: the connection is gone, or the session over."""
        self.is_over = True
        self.woken.set()


class Hub:
    """The ring and all who follow it."""

    def __init__(self, ring: int = RING) -> None:
        self._ring = ring
        self._items: list[Item] = []
        self._first = 0
        """The position of the oldest item; positions are never used again."""
        self._gone_seq = 0
        """What has this number or an older one is in the ring no more."""
        self._beat = 0
        self._beat_said = b""
        self._loop: asyncio.AbstractEventLoop | None = None
        self.clients: set[Client] = set()
        self.seq = 0
        self.is_closing = False

    @property
    def languages(self) -> set[str]:
        """Those in which somebody listens."""
        return {client.language for client in self.clients.copy()}

    def begin(self, seq: int) -> None:
        """What has this number or an older one is not to come."""
        self._gone_seq = self.seq = seq

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Serve in this loop from now on."""
        self._loop = loop

    def post(self, do: Callable[[], None]) -> None:
        """Let something be done in the loop; any thread may call it, also when there is no loop any more."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(do)

    def add(self, items: Sequence[Item], seq: int) -> None:
        """Put events into the ring; `seq` is the newest number of the journal."""
        self._items += items
        self.seq = seq
        if len(self._items) > 2 * self._ring:
            dropped = len(self._items) - self._ring
            self._gone_seq = self._items[dropped - 1].seq
            self._first += dropped
            del self._items[:dropped]
        self._wake()

    def beat(self, now_ms: int) -> None:
        """Tell all clients that the line is alive."""
        self._beat += 1
        self._beat_said = b'event: beat\ndata: {"server_ms":%d,"seq":%d}\n\n' % (now_ms, self.seq)
        self._wake()

    def keep(self, alive: Collection[bytes]) -> None:
        """Let those go whose session or token is over."""
        for client in self.clients:
            if client.key is not None and client.key not in alive:
                client.end()

    def end(self, key: bytes) -> None:
        """Let all go that belong to a session or token."""
        for client in self.clients:
            if client.key == key:
                client.end()

    def close(self) -> None:
        """Let all go."""
        self.is_closing = True
        for client in self.clients:
            client.end()

    def join(self, client: Client, after: int | None) -> bytes:
        """Let somebody follow from a journal number on; None: from now on.

        Returns:
            What is to be told first: nothing, or that the gap is too old.
        """
        self.clients.add(client)
        client.beat = self._beat
        client.after = after or 0
        client.position = self._first + len(self._items)
        if after is None or after > self.seq:
            return b""
        if after < self._gone_seq:
            return RELOAD
        client.position = self._first + bisect_left(self._items, after, key=attrgetter("seq"))
        return b""

    def leave(self, client: Client) -> None:
        """Somebody follows no more."""
        self.clients.discard(client)

    def take(self, client: Client) -> bytes:
        """What is to be written next to a client; nothing: it is up to date."""
        if client.position < self._first:
            client.position = self._first + len(self._items)
            return RELOAD
        parts, size = [], 0
        for item in self._items[client.position - self._first :]:
            if size >= CHUNK:
                break
            client.position += 1
            if item.seq > client.after or not item.is_numbered:
                parts.append(item.encoded(client.language, client.readable))
                size += len(parts[-1])
        if not size and client.beat != self._beat:
            client.beat = self._beat
            return self._beat_said if client.after <= self.seq else self._begun_anew(client)
        return b"".join(parts)

    def _begun_anew(self, client: Client) -> bytes:
        """A client knows more than there is: the journal is another one, as after a restore from a backup."""
        client.after = 0
        return RELOAD

    def _wake(self) -> None:
        for client in self.clients:
            client.woken.set()
