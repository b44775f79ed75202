"""Who is there, and logging in."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from collector.users.roles import Action, Role

Language = Literal["ru", "kk", "en"]
Secret = Annotated[str, Field(min_length=1, max_length=1024)]


class GroupRole(BaseModel):
    """A role in a group of sites; the group `*` is all of them."""

    group: str = Field(max_length=64, examples=["left-bank"])
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


class Health(BaseModel):
    """Whether the centre is there; for anybody."""

    version: str
    oidc: bool = Field(description="Whether one may log in through an OpenID provider.")
    languages: list[Language]
    newest_seq: int = Field(description="The newest number of the alarm journal.")
