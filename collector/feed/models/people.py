"""Who is there, and logging in."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from collector.users.roles import Action, Role

Language = Literal["ru", "kk", "en"]
PLAIN: Final = r"^[^\x00]*$"
"""PostgreSQL has no NUL in text."""
Secret = Annotated[str, Field(min_length=1, max_length=1024)]


class GroupRole(BaseModel):
    """A role in a group of sites; the group `*` is all of them."""

    group: str = Field(max_length=64, pattern=PLAIN, examples=["left-bank"])
    role: Role


class Me(BaseModel):
    """Who is logged in, and what this person may do."""

    model_config = ConfigDict(title="Me")

    name: str
    title: str
    language: Language
    csrf: str = Field(description="To be sent as X-CSRF-Token with every request that changes something.")
    roles: list[GroupRole]
    actions: list[Action] = Field(description="What may be done in at least one group of sites.")
    everywhere: list[Action] = Field(description="What may be done in all groups of sites.")
    expires_ms: int
    server_ms: int
    zone: str = Field(description="Of the times in texts.", examples=["Asia/Almaty"])


class Login(BaseModel):
    """Name and password."""

    name: str = Field(min_length=1, max_length=64, examples=["anna"])
    password: Secret = Field(examples=["correct horse battery staple"])


class PasswordChange(BaseModel):
    """The password now, and the next one."""

    old: Secret
    new: Secret


class MeWanted(BaseModel):
    """What people change about themselves."""

    language: Language | None = None
    password: PasswordChange | None = None


Title = Annotated[str, Field(max_length=200, pattern=PLAIN)]


class User(BaseModel):
    """Somebody who may log in."""

    model_config = ConfigDict(title="User")

    name: str
    title: str
    language: Language
    disabled: bool
    roles: list[GroupRole]
    has_password: bool
    oidc: bool = Field(description="Has logged in through the OpenID provider.")
    created_ms: int


class UserList(BaseModel):
    """Those who may log in, by name."""

    users: list[User]


class UserWanted(BaseModel):
    """Somebody who is to be added; without a password only the OpenID provider lets in."""

    name: str = Field(min_length=1, max_length=64, examples=["anna"])
    title: Title = ""
    language: Language = "ru"
    password: Secret | None = None
    roles: list[GroupRole] = Field(max_length=100)


class UserChange(BaseModel):
    """What is to be changed; what is left out stays."""

    title: Title | None = None
    language: Language | None = None
    password: Secret | None = None
    disabled: bool | None = None
    roles: list[GroupRole] | None = Field(default=None, max_length=100)


class Token(BaseModel):
    """A token of another system; the secret is not kept."""

    model_config = ConfigDict(title="Token")

    id: int
    name: str
    prefix: str = Field(description="The beginning of the secret.")
    roles: list[GroupRole]
    scopes: list[Action] = Field(description="What it is narrowed to; empty: all that the roles allow.")
    by: str
    created_ms: int
    expires_ms: int | None
    used_ms: int | None = Field(description="When it was used last, to the minute.")


class TokenList(BaseModel):
    """Tokens that are not revoked, the newest first."""

    tokens: list[Token]


class TokenWanted(BaseModel):
    """A token that is to be made; it never administers."""

    name: str = Field(min_length=1, max_length=64, pattern=PLAIN, examples=["city portal"])
    roles: list[GroupRole] = Field(min_length=1, max_length=100)
    scopes: list[Action] = Field(default=[], max_length=20)
    expires_ms: int | None = Field(default=None, ge=0, le=2**53)


class TokenMade(Token):
    """A new token with its secret, which is shown this once."""

    model_config = ConfigDict(title="TokenMade")

    secret: str


class AuditLine(BaseModel):
    """Who did what, from where; `before` and `after` are what it changed."""

    seq: int
    t_ms: int
    by: str
    address: str
    deed: str
    target: str
    before: Any
    after: Any


class AuditPage(BaseModel):
    """The newest first."""

    lines: list[AuditLine]
    next_before: int | None


class Health(BaseModel):
    """Whether the centre is there; for anybody."""

    version: str
    oidc: bool = Field(description="Whether one may log in through an OpenID provider.")
    languages: list[Language]
    newest_seq: int = Field(description="The newest number of the alarm journal.")
    streams: int = Field(description="How many consoles and programs follow the event stream.")
