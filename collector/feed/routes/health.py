"""Whether the centre is there; for anybody, so it tells nothing of the plant."""

from importlib.metadata import version

from fastapi import APIRouter

from collector.feed.context import Here
from collector.feed.models.people import Health

router = APIRouter(tags=["health"])


@router.get("/health")
def health(context: Here) -> Health:
    """The version, how one may log in, the newest number of the alarm journal, and how many follow it."""
    return Health(
        version=version("ulba"),
        oidc=context.table.oidc.issuer is not None,
        languages=["ru", "kk", "en"],
        newest_seq=context.hub.seq,
        streams=len(context.hub.clients),
    )
