"""Logging in with name and password; an unknown name takes as long as a wrong password."""

import sqlalchemy as sa

from collector import state
from collector.users import attempts, audit, passwords, people, sessions
from collector.users.audit import Actor, Deed
from collector.users.people import Person, Wanted
from collector.users.sessions import Lasting, Session


class RefusedError(Exception):
    """Name or password are wrong, or the person may not log in: it is not told which."""


class TooManyError(Exception):
    """Too many failures; `wait_ms` says how long to wait."""

    def __init__(self, wait_ms: int) -> None:
        super().__init__(f"too many failed logins: wait {-(-wait_ms // 1000)} s")
        self.wait_ms = wait_ms


class Door:
    """Where people come in."""

    def __init__(self, engine: sa.Engine, lasting: Lasting) -> None:
        self._engine, self._lasting = engine, lasting

    def log_in(self, name: str, password: str, address: str, now_ms: int) -> tuple[str, Session]:
        """Log somebody in: what the cookie is to hold, and the session.

        Raises:
            RefusedError, TooManyError: see there; the refusal is in the audit.
            StateUnavailableError: see `state`.
        """
        by = Actor(name[:64], address)
        person = self._proved(name, password, by, now_ms)
        with state.writing(self._engine) as transaction:
            audit.note(transaction, Deed.LOGIN, by, now_ms)
            return sessions.begin(transaction, person, address, now_ms, self._lasting)

    def change_password(
        self, person: Person, old: str, new: str, *, by: Actor, now_ms: int
    ) -> tuple[str, Session]:
        """Give somebody another password; all sessions end, and one begins.

        Raises:
            RefusedError, TooManyError: as for logging in with the old one.
            WeakPasswordError: the new one is not taken.
            StateUnavailableError: see `state`.
        """
        self._proved(person.name, old, by, now_ms)
        with state.writing(self._engine) as transaction:
            changed = people.change(transaction, person, Wanted(password=new))
            audit.note(transaction, Deed.PASSWORD_CHANGED, by, now_ms, target=person.name)
            return sessions.begin(transaction, changed, by.address, now_ms, self._lasting)

    def _proved(self, name: str, password: str, by: Actor, now_ms: int) -> Person:
        """The person whose password this is."""
        known_as = name.casefold() if people.is_name(name) else "?"
        with state.writing(self._engine) as transaction:
            audit.lock(transaction)
            if wait_ms := attempts.wait_ms(transaction, known_as, by.address, now_ms):
                raise TooManyError(wait_ms)
            # Counted before it is known: a hundred attempts at the same moment are a hundred.
            attempts.note(transaction, known_as, by.address, now_ms)
            person = people.named(transaction, name)
        is_right = passwords.matches(person.password if person else None, password)
        with state.writing(self._engine) as transaction:
            if person is not None and is_right and not person.disabled:
                attempts.forget(transaction, known_as, by.address)
                return person
            audit.note(transaction, Deed.LOGIN_REFUSED, by, now_ms)
        raise RefusedError
