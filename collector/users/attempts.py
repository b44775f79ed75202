"""Attempts to log in that failed; counted in the state database, so all collectors count together."""

import sqlalchemy as sa

from collector import state
from collector.users import throttle
from collector.users.throttle import Failures


def wait_ms(connection: sa.Connection, name: str, address: str, now_ms: int) -> int:
    """Milliseconds before this name may be tried again from this address."""
    patience = throttle.counts(name, address)
    return throttle.wait_ms(patience, _known(connection, list(patience)), now_ms)


def note(transaction: sa.Connection, name: str, address: str, now_ms: int) -> None:
    """Count one more attempt, and forget those of old; `forget` takes back what was none."""
    c = state.login_failures.c
    who = list(throttle.counts(name, address))
    is_forgotten = sa.func.abs(c.last_ms - now_ms) > throttle.FORGOTTEN_MS
    transaction.execute(state.login_failures.delete().where(is_forgotten))
    known = _known(transaction, who)
    for one in who:
        counted = throttle.failed(known.get(one), now_ms)
        values = {"failures": counted.count, "last_ms": counted.last_ms}
        entry = state.insert(transaction, state.login_failures).values(who=one, **values)
        transaction.execute(entry.on_conflict_do_update(index_elements=[c.who], set_=values))


def forget(transaction: sa.Connection, name: str, address: str) -> None:
    """A success: this name begins anew; of the address only this attempt is taken back."""
    c = state.login_failures.c
    pair, by_address, by_name = throttle.counts(name, address)
    transaction.execute(state.login_failures.delete().where(c.who.in_([pair, by_name])))
    one_less = state.login_failures.update().where(c.who == by_address).values(failures=c.failures - 1)
    transaction.execute(one_less)


def _known(connection: sa.Connection, who: list[str]) -> dict[str, Failures]:
    c = state.login_failures.c
    query = sa.select(c.who, c.failures, c.last_ms).where(c.who.in_(who))
    return {one: Failures(count, last_ms) for one, count, last_ms in connection.execute(query)}
