"""What roles allow: whoever administers some groups of sites never reaches beyond them; pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.users.roles import Action, Grant, Role, rights

GROUPS = ("left", "right", "", "*")
GRANTS = st.lists(st.builds(Grant, st.sampled_from(GROUPS), st.sampled_from(Role)), max_size=4)


@given(GRANTS, GRANTS)
def test_whom_somebody_manages_may_nothing_that_they_may_not(mine: list[Grant], theirs: list[Grant]) -> None:
    me, other = rights(mine), rights(theirs)
    if me.manage(theirs):
        for group in (*GROUPS, "yet to come"):
            assert not any(other.may(action, group) and not me.may(action, group) for action in Action)
        assert me.everywhere() >= other.everywhere()


@given(GRANTS, GRANTS)
def test_an_administrator_of_all_groups_manages_everybody_and_others_only_who_has_a_role(
    mine: list[Grant], theirs: list[Grant]
) -> None:
    me = rights(mine)
    if Grant("*", Role.ADMINISTRATOR) in mine:
        assert me.manage(theirs)
    else:
        assert not me.manage([])
        assert not me.manage([*theirs, Grant("*", Role.VIEWER)])


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_without_being_administrator_nobody_is_managed(role: Role) -> None:
    me = rights([Grant("*", role), Grant("left", role)])
    assert not me.manage([Grant("left", Role.VIEWER)])
    assert not me.manage([])
