"""Tokens of other systems: for administrators, as far as all their roles are in groups of the caller's."""

from fastapi import APIRouter

from collector import state
from collector.feed.auth import Who
from collector.feed.context import Here
from collector.feed.models.people import Token, TokenList, TokenMade, TokenWanted
from collector.feed.problems import ProblemCode, ProblemError, described
from collector.feed.routes.users import grants_of, roles_of
from collector.users import audit, tokens
from collector.users.audit import Deed
from collector.users.roles import Action
from collector.users.tokens import Scope

router = APIRouter(tags=["people"], responses=described(404))


@router.get("/tokens")
def list_tokens(who: Who, context: Here) -> TokenList:
    """All tokens that are not revoked, as far as they are the caller's to manage."""
    who.see_anywhere(Action.ADMINISTER)
    with state.reading(context.engine) as connection:
        known = tokens.in_use(connection)
    return TokenList(tokens=[_shown(one) for one in known if who.rights.manage(one.scope.grants)])


@router.post("/tokens", status_code=201)
def make_token(wanted: TokenWanted, who: Who, context: Here) -> TokenMade:
    """Make a token; its secret is in this answer only."""
    now_ms, scope = context.now_ms(), Scope(grants_of(wanted.roles), tuple(wanted.scopes))
    who.see_manage(scope.grants)
    with state.writing(context.engine) as transaction:
        secret, token = tokens.make(
            transaction, wanted.name, scope, by=who.actor.name, now_ms=now_ms, expires_ms=wanted.expires_ms
        )
        audit.note(
            transaction, Deed.TOKEN_MADE, who.actor, now_ms, target=f"{token.id} {token.name}", after=scope
        )
    return TokenMade(secret=secret, **_shown(token).model_dump())


@router.delete("/tokens/{number}", status_code=204)
def revoke_token(number: int, who: Who, context: Here) -> None:
    """End a token for good."""
    who.see_anywhere(Action.ADMINISTER)
    now_ms = context.now_ms()
    with state.writing(context.engine) as transaction:
        token = tokens.revoke(transaction, number, now_ms) if 0 < number < 2**31 else None
        if token is None or not who.rights.manage(token.scope.grants):  # what was written is taken back
            raise ProblemError(404, ProblemCode.NOT_FOUND, "there is no such token")
        audit.note(transaction, Deed.TOKEN_REVOKED, who.actor, now_ms, target=f"{token.id} {token.name}")
    context.hub.post(lambda: context.hub.end(token.hash))


def _shown(token: tokens.Token) -> Token:
    return Token(
        id=token.id,
        name=token.name,
        prefix=token.prefix,
        roles=roles_of(token.scope.grants),
        scopes=list(token.scope.actions),
        by=token.by,
        created_ms=token.created_ms,
        expires_ms=token.expires_ms,
        used_ms=token.used_ms,
    )
