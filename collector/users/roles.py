"""What each role may do, per group of sites; pure."""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct

ALL_GROUPS: Final = "*"
"""As the group of a grant: all groups, also those that are yet to come."""


class Role(StrEnum):
    """Each may do what those before it may."""

    VIEWER = "viewer"
    DISPATCHER = "dispatcher"
    ENGINEER = "engineer"
    ADMINISTRATOR = "administrator"


class Action(StrEnum):
    """What may be allowed or not."""

    READ = "read"
    ACKNOWLEDGE = "acknowledge"
    RESET = "reset"
    SHELVE = "shelve"
    FALSE = "false"
    """Confirm that an anomaly was none."""
    SHIFT = "shift"
    """Keep the shift log."""
    END_SHIFT = "end_shift"
    """End the shift of a dispatcher who has gone without handing it over."""
    NMU = "nmu"
    """Enter the degree of adverse weather conditions."""
    SUPPRESS = "suppress"
    REMOVE = "remove"
    """Take out of service."""
    ADMINISTER = "administer"
    """People, tokens, webhooks, the audit."""


_ADDS: Final[Mapping[Role, frozenset[Action]]] = {
    Role.VIEWER: frozenset({Action.READ}),
    Role.DISPATCHER: frozenset(
        {Action.ACKNOWLEDGE, Action.RESET, Action.SHELVE, Action.FALSE, Action.SHIFT, Action.NMU}
    ),
    Role.ENGINEER: frozenset({Action.SUPPRESS, Action.REMOVE, Action.END_SHIFT}),
    Role.ADMINISTRATOR: frozenset({Action.ADMINISTER}),
}
_ORDER: Final = tuple(Role)
ALLOWED: Final[Mapping[Role, frozenset[Action]]] = {
    role: frozenset().union(*(_ADDS[lower] for lower in _ORDER[: n + 1])) for n, role in enumerate(_ORDER)
}


class Grant(Struct, frozen=True, order=True):
    """A role in one group of sites, or in all (`*`)."""

    group: str
    role: Role


class Rights(Struct, frozen=True):
    """What somebody may do: group of sites → actions."""

    by_group: Mapping[str, frozenset[Action]]

    def may(self, action: Action, group: str) -> bool:
        """Whether something may be done at the sites of a group."""
        return action in self.by_group.get(ALL_GROUPS, ()) or action in self.by_group.get(group, ())

    def may_everywhere(self, action: Action) -> bool:
        """Whether it may be done in all groups."""
        return action in self.everywhere()

    def anywhere(self) -> frozenset[Action]:
        """What may be done in at least one group."""
        return frozenset().union(*self.by_group.values())

    def everywhere(self) -> frozenset[Action]:
        """What may be done in all groups, also in those that are yet to come."""
        return self.by_group.get(ALL_GROUPS, frozenset())

    def manage(self, grants: Collection[Grant]) -> bool:
        """Whether a person or token with these roles, and no others, is theirs to see, make and change.

        All of the roles are in groups they administer, so nobody gives more than they have. Who has no role
        belongs to no group: a password they were given now would open what they are given later.
        """
        if not grants:
            return self.may_everywhere(Action.ADMINISTER)
        return all(self.may(Action.ADMINISTER, one.group) for one in grants)

    def groups(self, action: Action) -> frozenset[str] | None:
        """Where something may be done; None: everywhere."""
        if self.may_everywhere(action):
            return None
        return frozenset(group for group, actions in self.by_group.items() if action in actions)


def rights(grants: Iterable[Grant]) -> Rights:
    """What these roles allow together."""
    found: dict[str, frozenset[Action]] = {}
    for grant in grants:
        found[grant.group] = found.get(grant.group, frozenset()) | ALLOWED[grant.role]
    return Rights(found)
