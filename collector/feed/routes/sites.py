"""Sites, their values now, and the map."""

from fastapi import APIRouter, Response

from collector import state
from collector.feed import listing, tiles
from collector.feed.auth import Who
from collector.feed.context import Here
from collector.feed.listing import Wanted
from collector.feed.models.people import Language
from collector.feed.models.sites import SiteDetail, SiteList
from collector.feed.problems import ProblemCode, ProblemError, described
from collector.users.roles import Action

router = APIRouter(tags=["sites"], responses=described())


@router.get("/sites")
def list_sites(who: Who, context: Here, lang: Language | None = None) -> SiteList:
    """All sites that may be read, with what they say of themselves now."""
    now_ms, language = context.now_ms(), lang or who.language
    with state.reading(context.engine) as connection:
        region = context.atlas.region(connection)
        inside = listing.by_site(connection)
    newest = context.values.newest(now_ms)
    found = [
        tiles.site(name, region, newest, inside.get(name, []), now_ms=now_ms, language=language)
        for name in region.all_sites()
        if who.rights.may(Action.READ, region.group(name))
    ]
    return SiteList(server_ms=now_ms, sites=found)


@router.get("/sites/{site}", responses=described(404))
def one_site(site: str, who: Who, context: Here, lang: Language | None = None) -> SiteDetail:
    """A site with all its devices, values and listed alarms."""
    now_ms, language = context.now_ms(), lang or who.language
    with state.reading(context.engine) as connection:
        region = context.atlas.region(connection)
        if site not in region.all_sites() or not who.rights.may(Action.READ, region.group(site)):
            raise ProblemError(404, ProblemCode.NOT_FOUND, "there is no such site")
        shown = listing.wanted(connection, Wanted(site=site))
    newest = context.values.newest(now_ms)
    tile = tiles.site(site, region, newest, [one.alarm for one in shown], now_ms=now_ms, language=language)
    alarms = [context.texts.view(one, region, language) for one in shown]
    devices = tiles.devices(site, region, newest, language)
    return SiteDetail.model_validate(tile.model_dump(by_alias=True) | {"devices": devices, "alarms": alarms})


@router.get("/map", response_class=Response, responses={200: {"content": {"application/geo+json": {}}}})
def map_layers(_: Who, context: Here) -> Response:
    """Districts, rivers and streets as GeoJSON; empty where no file is configured."""
    return Response(context.map_layers, media_type="application/geo+json")
