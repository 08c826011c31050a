"""`/api/v1/zones`."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response

from chassis.documents.routes import add_documents
from chassis.etag import IfMatch, check_version
from chassis.exports.routes import add_exports
from chassis.fast.registration import fast_one, fast_page
from chassis.identity.access import require
from chassis.identity.principal import Principal
from chassis.imports.routes import add_imports
from chassis.language import Language
from chassis.listing import ListQuery, fetch_page
from chassis.routing import ResourceRouter, Transaction
from chassis.schemas import Page
from chassis.states.routes import add_transitions
from chassis.temporal.moment import AskedMoment, EffectiveDate
from chassis.temporal.timeline import TIMELINE, TimelineEntry
from services.registry.zones import fast, queries, writing
from services.registry.zones.documents import ZONE_DOCUMENTS
from services.registry.zones.expanding import EXPAND
from services.registry.zones.fast import ZONE
from services.registry.zones.history import whole
from services.registry.zones.importing import ZONE_IMPORT, as_row
from services.registry.zones.lifecycle import ZONE_LIFECYCLE
from services.registry.zones.models import Zone
from services.registry.zones.representation import feature, show
from services.registry.zones.schemas import FeatureCollection, ZoneCreate, ZoneOut, ZonePatch
from services.registry.zones.timeline import zone_timeline

router = ResourceRouter("zones")
CanRead = Annotated[Principal, require("zone.read")]
CanWrite = Annotated[Principal, require("zone.write")]
VersionsQuery = Annotated[ListQuery, Depends(TIMELINE)]
Query = Annotated[ListQuery, Depends(queries.ZONES)]


@router.get("/zones", operation_id="list_zones", summary="List zones", dependencies=[EXPAND])
async def list_zones(
    reader: CanRead, query: Query, moment: AskedMoment, session: Transaction, language: Language
) -> Page[ZoneOut]:
    """Zones that the caller may see, filtered and page by page, as they are or as they were."""
    rows, page = await fetch_page(session, queries.visible_to(reader, moment), query)
    return Page(items=[show(whole(row), language) for row in rows], page=page)


@router.get("/zones/geojson", operation_id="map_zones", summary="Zones as GeoJSON")
async def map_zones(
    reader: CanRead,
    query: Query,
    moment: AskedMoment,
    session: Transaction,
    language: Language,
    request: Request,
) -> FeatureCollection:
    """The same list as a FeatureCollection (RFC 7946); `links` leads to the next page."""
    rows, page = await fetch_page(session, queries.visible_to(reader, moment), query)
    links = []
    if page.next_cursor is not None:
        following = request.url.include_query_params(cursor=page.next_cursor)
        links.append(
            {"rel": "next", "type": "application/geo+json", "href": f"{following.path}?{following.query}"}
        )
    features = [feature(whole(row), language) for row in rows]
    return FeatureCollection(features=features, numberReturned=len(features), links=links)


@router.post("/zones", status_code=201, operation_id="create_zone", summary="Register a zone")
async def create_zone(
    actor: CanWrite,
    body: ZoneCreate,
    effective: EffectiveDate,
    session: Transaction,
    response: Response,
    language: Language,
) -> ZoneOut:
    """Register a zone at a division in an edition of its code system."""
    zone = await writing.create(session, body, actor, effective)
    response.headers["location"] = f"/api/v1/zones/{zone.id}"
    return show(zone, language)


add_exports(router, "zones", "zone.read", queries.ZONES, ZONE_IMPORT, queries.visible_to, as_row)


@router.get("/zones/{ref}", operation_id="get_zone", summary="Get one zone", dependencies=[EXPAND])
async def get_zone(
    reader: CanRead, ref: str, moment: AskedMoment, session: Transaction, language: Language
) -> ZoneOut:
    """By id, `code:SDZ-0018` or `ext:system:value`; as it is, or as it was."""
    return show(await queries.find(session, reader, ref, moment), language)


@router.get("/zones/{ref}/timeline", operation_id="list_zone_versions", summary="Timeline of a zone")
async def list_zone_versions(
    reader: CanRead, ref: str, query: VersionsQuery, session: Transaction, language: Language
) -> Page[TimelineEntry[ZoneOut]]:
    """Every version: when it held, since and until when it was on record, who changed what.

    `superseded_at[isnull]=true` leaves what is on record now.
    """
    return await zone_timeline(session, reader, ref, query, language)


@router.patch("/zones/{ref}", operation_id="change_zone", summary="Change a zone")
async def change_zone(
    actor: CanWrite,
    ref: str,
    version: IfMatch,
    body: ZonePatch,
    effective: EffectiveDate,
    session: Transaction,
    language: Language,
) -> ZoneOut:
    """Merge patch under If-Match; the state changes by transitions only.

    It holds from the effective date on, until a date for which something else about the same member has been
    said already. What was on record before stays answerable by `known_at`.
    """
    zone = await queries.find(session, actor, ref, lock=True)
    await check_version(session, zone, version, show(zone, language))
    await writing.change(session, zone, body, actor, effective)
    return show(zone, language)


@router.delete("/zones/{ref}", status_code=204, operation_id="delete_zone", summary="Delete a zone")
async def delete_zone(
    actor: CanWrite, ref: str, version: IfMatch, session: Transaction, language: Language
) -> None:
    """Take back a zone that was entered by mistake; its events and its row remain."""
    zone = await queries.find(session, actor, ref, lock=True)
    await check_version(session, zone, version, show(zone, language))
    await writing.remove(session, zone, actor)


add_imports(router, "zones", "zone.write", ZONE_IMPORT)
add_transitions(router, "zones", ZONE_LIFECYCLE)
add_documents(router, ZONE_DOCUMENTS, read="zone.read", write="document.write")
fast_one(router, "get_zone", ZONE, fast.visible_to, {"id": Zone.id, "code": Zone.code})
fast_page(router, "list_zones", ZONE, fast.visible_to, queries.ZONES)
