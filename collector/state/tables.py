"""The tables of the state database."""

from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData()


def _chain(name: str, *columns: sa.Column[Any], is_long: bool = True) -> sa.Table:
    """A table for `collector.state.chain`; one that is long is looked through by time."""
    return sa.Table(
        name,
        metadata,
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("t_ms", sa.BigInteger, nullable=False, index=is_long),
        *columns,
        sa.Column("entry", sa.LargeBinary, nullable=False, comment="as JSON"),
        sa.Column(
            "hash", sa.LargeBinary(32), nullable=False, comment="SHA-256 of the hash before and the entry"
        ),
    )


streams = sa.Table(
    "stream",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("site", sa.String(63), nullable=False),
    sa.Column("gateway", sa.String(63), nullable=False),
    sa.Column("epoch", sa.String(16), nullable=False),
    sa.Column("seen_ms", sa.BigInteger, nullable=False, comment="when it was first heard of"),
    sa.Column(
        "passed_seq", sa.BigInteger, nullable=False, comment="the agent sends nothing before it; 0: not known"
    ),
    sa.UniqueConstraint("site", "gateway", "epoch"),
)
"""One outbox: its batches are numbered 1, 2, 3 …"""

ranges = sa.Table(
    "arrived",
    metadata,
    sa.Column("stream_id", sa.ForeignKey("stream.id"), primary_key=True),
    sa.Column("first_seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("last_seq", sa.BigInteger, nullable=False),
    sa.Column("first_ms", sa.BigInteger, nullable=False, comment="first time in the batch `first_seq`"),
    sa.Column("last_ms", sa.BigInteger, nullable=False, comment="last time in the batch `last_seq`"),
)

losses = sa.Table(
    "loss",
    metadata,
    sa.Column("told_stream_id", sa.ForeignKey("stream.id"), primary_key=True),
    sa.Column("told_seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("stream_id", sa.ForeignKey("stream.id"), nullable=False, index=True),
    sa.Column("reason", sa.String(40), nullable=False),
    sa.Column("from_ms", sa.BigInteger, nullable=False),
    sa.Column("to_ms", sa.BigInteger, nullable=False),
    sa.Column("first_seq", sa.BigInteger, nullable=False),
    sa.Column("last_seq", sa.BigInteger, nullable=False),
    sa.Column("readings", sa.BigInteger, nullable=False),
)
"""What agents gave up: `stream_id` lost it, batch `told_seq` of `told_stream_id` said so."""

gateways = sa.Table(
    "gateway",
    metadata,
    sa.Column("site", sa.String(63), primary_key=True),
    sa.Column("gateway", sa.String(63), primary_key=True),
    sa.Column("kind", sa.String(16), primary_key=True, comment="about or status"),
    sa.Column("received_ms", sa.BigInteger, nullable=False),
    sa.Column("message", sa.LargeBinary, nullable=False, comment="the newest one, as JSON"),
)

quarantine = sa.Table(
    "quarantine",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("digest", sa.LargeBinary(32), nullable=False, unique=True, comment="what counts as the same"),
    sa.Column("first_ms", sa.BigInteger, nullable=False),
    sa.Column("last_ms", sa.BigInteger, nullable=False),
    sa.Column("times", sa.BigInteger, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("site", sa.String(63)),
    sa.Column("gateway", sa.String(63)),
    sa.Column("reason", sa.String(40), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("refused", sa.LargeBinary, nullable=False, comment="JSON: device, t_ms, reason of each scan"),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

commands = sa.Table(
    "command",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("site", sa.String(63), nullable=False),
    sa.Column("gateway", sa.String(63), nullable=False),
    sa.Column("order", sa.LargeBinary, nullable=False, comment="as JSON"),
    sa.Column("by", sa.Text, nullable=False, comment="who wants it"),
    sa.Column("t_ms", sa.BigInteger, nullable=False, index=True),
    sa.Column("expires_ms", sa.BigInteger, nullable=False, index=True),
    sa.Column("answered_ms", sa.BigInteger),
    sa.Column("outcome", sa.String(16)),
    sa.Column("says", sa.Text, nullable=False),
)
"""What gateways are told; sent again and again until there is an answer or it is too late."""

counters = sa.Table(
    "counter",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)

alarms = sa.Table(
    "alarm",
    metadata,
    sa.Column("key", sa.String(400), primary_key=True, comment="site/gateway/what it is about"),
    sa.Column("site", sa.String(63), nullable=False),
    sa.Column("code", sa.String(40), nullable=False, index=True),
    sa.Column("state", sa.String(24), nullable=False, index=True),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("changed_seq", sa.BigInteger, nullable=False, index=True, comment="its newest journal entry"),
    sa.Column("due_ms", sa.BigInteger, nullable=False, index=True, server_default="0", comment="0: never"),
    sa.Column("incident", sa.BigInteger, nullable=False, index=True, server_default="0", comment="0: none"),
    sa.Column("message", sa.LargeBinary, nullable=False, comment="the alarm, as JSON"),
)
"""Every alarm that was ever raised, as it is now."""

alarm_journal = _chain(
    "alarm_journal",
    sa.Column("key", sa.String(400), nullable=False, index=True),
    sa.Column("called", sa.SmallInteger, comment="priority of what was raised and shown"),
)
"""What happened to alarms, in order, nothing ever changed: each row's hash covers all before it."""

incidents = sa.Table(
    "incident",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("opened_ms", sa.BigInteger, nullable=False, index=True),
    sa.Column("closed_ms", sa.BigInteger, index=True),
    sa.Column("message", sa.LargeBinary, nullable=False, comment="the incident, as JSON"),
)
"""Alarms of one cause."""

people = sa.Table(
    "person",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(64), nullable=False, unique=True, comment="to log in with"),
    sa.Column("title", sa.Text, nullable=False, comment="as others read it"),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("password", sa.Text, comment="argon2id; without one only through the provider"),
    sa.Column("subject", sa.Text, unique=True, comment="issuer and subject at the OpenID provider"),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

person_roles = sa.Table(
    "person_role",
    metadata,
    sa.Column("person_id", sa.ForeignKey("person.id"), primary_key=True),
    sa.Column("site_group", sa.String(64), primary_key=True, comment="* is all of them"),
    sa.Column("role", sa.String(16), nullable=False),
)

sessions = sa.Table(
    "session",
    metadata,
    sa.Column("hash", sa.LargeBinary(32), primary_key=True, comment="SHA-256 of what the cookie holds"),
    sa.Column("person_id", sa.ForeignKey("person.id"), nullable=False, index=True),
    sa.Column("csrf", sa.String(64), nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("seen_ms", sa.BigInteger, nullable=False),
    sa.Column("expires_ms", sa.BigInteger, nullable=False, index=True, comment="whatever happens meanwhile"),
)

tokens = sa.Table(
    "api_token",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("prefix", sa.String(16), nullable=False, comment="to tell it from others"),
    sa.Column("hash", sa.LargeBinary(32), nullable=False, unique=True),
    sa.Column("grants", sa.LargeBinary, nullable=False, comment="what it may do where, as JSON"),
    sa.Column("by", sa.Text, nullable=False, comment="who made it"),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("expires_ms", sa.BigInteger, comment="null: never"),
    sa.Column("used_ms", sa.BigInteger),
    sa.Column("revoked_ms", sa.BigInteger),
    sqlite_autoincrement=True,
)
"""Of other systems; only the hash is kept."""

login_failures = sa.Table(
    "login_failure",
    metadata,
    sa.Column("who", sa.String(200), primary_key=True, comment="a name, an address or both"),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("last_ms", sa.BigInteger, nullable=False),
)

audit = _chain("audit")
"""Who did what from where, with what it was before and after; nothing is ever changed."""

webhooks = sa.Table(
    "webhook",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("secret", sa.Text, nullable=False, comment="drawn here, or env:NAME, credential:NAME"),
    sa.Column("filter", sa.LargeBinary, nullable=False, comment="what is wanted, as JSON"),
    sa.Column("after_seq", sa.BigInteger, nullable=False, comment="up to here the journal was entered"),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("disabled", sa.Text, nullable=False, comment="why; empty: it is not"),
    sa.Column("tried_ms", sa.BigInteger, nullable=False, server_default="0", comment="last; 0: never"),
    sa.Column("failing_ms", sa.BigInteger, nullable=False, server_default="0", comment="since; 0: it works"),
    sa.Column("said", sa.Text, nullable=False, server_default="", comment="at the last attempt"),
    sqlite_autoincrement=True,
)

deliveries = sa.Table(
    "delivery",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("lane", sa.String(200), nullable=False, comment="whose: webhook:ID or person:NAME/CHANNEL"),
    sa.Column("order_key", sa.String(400), nullable=False, comment="in order within its lane"),
    sa.Column("number", sa.String(100), nullable=False, comment="the same at each attempt"),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_ms", sa.BigInteger, nullable=False),
    sa.Column("expires_ms", sa.BigInteger, nullable=False),
    sa.Column("said", sa.Text, nullable=False, comment="by the receiver, last"),
    sa.Column("asked", sa.Boolean, nullable=False, server_default=sa.false(), comment="for, by a person"),
    sa.Index("delivery_due", "state", "lane", "order_key", "id"),
    sqlite_autoincrement=True,
)
"""What is or was to be delivered to programs and people."""

leases = sa.Table(
    "lease",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("holder", sa.String(40), nullable=False),
    sa.Column("until_ms", sa.BigInteger, nullable=False),
)
"""What only one of several collectors does, and which."""

rounds = sa.Table(
    "notify_round",
    metadata,
    sa.Column("topic", sa.String(400), primary_key=True),
    sa.Column("message", sa.LargeBinary, nullable=False, comment="who was told what, as JSON"),
)
"""Who was told of an incident; removed when it is acknowledged, or long over."""

reports = sa.Table(
    "commissioning_report",
    metadata,
    sa.Column("site", sa.String(63), primary_key=True),
    sa.Column("gateway", sa.String(63), primary_key=True),
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("made_ms", sa.BigInteger, nullable=False, index=True),
    sa.Column("received_ms", sa.BigInteger, nullable=False),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("devices", sa.Integer, nullable=False),
    sa.Column("troubles", sa.Integer, nullable=False, comment="links that could not be used"),
    sa.Column("document", sa.LargeBinary, nullable=False, comment="JSON, byte for byte as it was made"),
    sa.Column("pdf", sa.LargeBinary, nullable=False),
)
"""What was found when gateways were commissioned; a report that comes again is the same row."""

shift_log = _chain("shift_log")
"""What dispatchers wrote down, and who had the shift; nothing is ever changed."""

nmu = _chain("nmu", is_long=False)
"""Degrees of adverse weather conditions, as they were entered; nothing is ever changed."""
