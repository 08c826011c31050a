"""Zones as they were."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, Row, Select, String, Uuid, column, literal_column, or_, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import lazyload
from sqlalchemy.orm.attributes import set_committed_value

from chassis.identity.access import in_scope
from chassis.identity.principal import Scope
from chassis.temporal.declaration import Temporal
from chassis.temporal.moment import Moment
from chassis.temporal.reading import at, seen_now
from services.registry.divisions.history import DIVISION_HISTORY
from services.registry.zones.models import Zone, ZoneExternalId
from services.registry.zones.representation import member_of

ZONE_HISTORY = Temporal(
    "zone",
    Zone,
    place="division_path",
    zone="id",
    parts={
        "external_ids": """(
            SELECT coalesce(jsonb_agg(jsonb_build_object('system', e.system, 'value', e.value)
                                      ORDER BY e.system, e.value), '[]')
            FROM zone_external_id AS e WHERE e.zone_id = t.id)""",
    },
    member_of=member_of,
    together={"division_path": "division", "exit_reason": "state", "exited_year": "state"},
)
_THEN = "external_ids_then"


def in_scope_at(scope: Scope, moment: Moment) -> Any:
    """Whose place it was then may see it, and whose place it is now."""
    then = in_scope(scope, Zone.division_path, Zone.id)
    if not moment.asked or scope.everywhere:
        return then
    return or_(then, Zone.id.in_(seen_now(ZONE_HISTORY, scope)))


def zones_at(statement: Select[Any], moment: Moment) -> Select[Any]:
    """`statement` over zones, with their external ids and the names of their divisions as they were."""
    if not moment.asked:
        return statement
    statement = at(statement, ZONE_HISTORY, moment)
    if moment.known_at is not None:
        statement = at(statement, DIVISION_HISTORY, Moment(known_at=moment.known_at))
    return (
        statement.add_cte(_external_ids())
        .add_columns(literal_column("zone.external_ids", JSONB).label(_THEN))
        .options(lazyload(Zone.external_ids))
    )


def whole(row: Row[Any]) -> Zone:
    """The zone of a row of such a statement, whose external ids came with it."""
    zone: Zone = row[0]
    if _THEN in row._fields:
        listed = [ZoneExternalId(zone_id=zone.id, **item) for item in getattr(row, _THEN)]
        set_committed_value(zone, "external_ids", listed)
    return zone


def _external_ids() -> CTE:
    return (
        text(
            "SELECT e.system, e.value, zone.id AS zone_id FROM zone,"
            " jsonb_to_recordset(zone.external_ids) AS e (system varchar, value varchar)"
        )
        .columns(column("system", String), column("value", String), column("zone_id", Uuid))
        .cte("zone_external_id")
    )
