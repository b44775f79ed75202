"""Reports of commissioning, kept whole: the document and the PDF, byte for byte as the gateway made them.

Invariant: a report whose gateway was told `kept` is here; one that comes again changes nothing.
"""

from collections.abc import Iterable, Iterator

import sqlalchemy as sa
from msgspec import Struct

from collector import state
from collector.arrivals import Reported
from wire.reports import Kept
from wire.topics import Gateway

_PERSON_LENGTH = 200


class Entry(Struct, frozen=True, kw_only=True):
    """One report without its files; times are Unix ms, sizes bytes."""

    id: str
    site: str
    gateway: str
    made_ms: int
    received_ms: int
    language: str
    person: str
    devices: int
    troubles: int
    """Links that could not be used."""
    json_size: int
    pdf_size: int


class Files(Struct, frozen=True):
    """A report as it was made."""

    json: bytes
    pdf: bytes


def keep(transaction: sa.Connection, reports: Iterable[Reported], now_ms: int) -> list[tuple[Gateway, Kept]]:
    """Keep reports; what to tell whom, from when the transaction has committed."""
    told: list[tuple[Gateway, Kept]] = []
    for item in reports:
        statement = state.insert(transaction, state.reports).values(_row(item, now_ms))
        transaction.execute(statement.on_conflict_do_nothing())
        told.append((item.gateway, Kept(id=item.report.id)))
    return told


def entries(connection: sa.Connection, limit: int) -> Iterator[Entry]:
    """The newest reports, the newest first."""
    query = sa.select(*_LISTED).order_by(_C.made_ms.desc(), _C.id).limit(limit)
    for row in connection.execute(query).mappings():
        yield Entry(**row)


def files(connection: sa.Connection, number: str) -> Files | None:
    """The files of one report; None when there is none with this number."""
    query = sa.select(_C.document, _C.pdf).where(_C.id == number).order_by(_C.received_ms).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else Files(bytes(row.document), bytes(row.pdf))


_C = state.reports.c
_SIZES = (sa.func.length(_C.document).label("json_size"), sa.func.length(_C.pdf).label("pdf_size"))
_LISTED = (*(_C[name] for name in Entry.__struct_fields__ if not name.endswith("_size")), *_SIZES)


def _row(item: Reported, now_ms: int) -> dict[str, object]:
    document = item.document
    return {
        "site": item.gateway.site,
        "gateway": item.gateway.gateway,
        "id": item.report.id,
        "made_ms": document.made_ms,
        "received_ms": now_ms,
        "language": document.language.value,
        "person": state.storable(document.person, _PERSON_LENGTH),
        "devices": len(document.devices),
        "troubles": sum(bool(link.trouble) for link in document.links),
        "document": bytes(item.report.document),
        "pdf": item.report.pdf,
    }
