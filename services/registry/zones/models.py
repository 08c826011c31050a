"""Tables of zones."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Numeric, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.database import SCOPED
from chassis.database_errors import explain_constraint
from chassis.identity.access import PATH_TYPE
from chassis.resource import Base, ResourceColumns
from chassis.search.columns import FoundBy, Searchable, search_indexes
from chassis.words import Words
from services.registry.divisions.models import Division
from services.registry.zones import vocabulary


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", column)


class Zone(Searchable, ResourceColumns, Base):
    """A zone. `division_path` repeats the path of its division, so that scope is one indexed condition."""

    __tablename__ = "zone"
    __table_args__ = (
        UniqueConstraint("code"),
        _one_of("tier", vocabulary.TIERS),
        _one_of("kind", vocabulary.KINDS),
        _one_of("state", vocabulary.STATES),
        _one_of("exit_reason", vocabulary.EXIT_REASONS),
        _one_of("division_relation", vocabulary.RELATIONS),
        CheckConstraint("(state = 'exited') = (exit_reason IS NOT NULL)", "exit_has_reason"),
        CheckConstraint("exited_year IS NULL OR state = 'exited'", "exit_year_of_exited"),
        CheckConstraint("(longitude IS NULL) = (latitude IS NULL)", "point_is_whole"),
        CheckConstraint("longitude BETWEEN -180 AND 180", "longitude"),
        CheckConstraint("latitude BETWEEN -90 AND 90", "latitude"),
        Index("ix_zone_division_path", "division_path", postgresql_using="gin"),
        *search_indexes("zone"),
        {"info": SCOPED},
    )

    found_by = FoundBy(names=("name_zh", "name_en"), texts=("theme",))

    code: Mapped[str] = mapped_column(String)
    name_zh: Mapped[str] = mapped_column(String)
    name_en: Mapped[str | None] = mapped_column(String)
    tier: Mapped[str | None] = mapped_column(String)
    kind: Mapped[str | None] = mapped_column(String)
    programme: Mapped[str | None] = mapped_column(String)
    state: Mapped[str] = mapped_column(String)
    division_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("division.id"))
    division_edition: Mapped[str] = mapped_column(String(6))
    division_relation: Mapped[str] = mapped_column(String)
    division_path: Mapped[list[str]] = mapped_column(PATH_TYPE)
    approved_year: Mapped[int | None] = mapped_column(Integer)
    approved_batch: Mapped[str | None] = mapped_column(String)
    advanced_demonstration_since: Mapped[int | None] = mapped_column(Integer)
    exited_year: Mapped[int | None] = mapped_column(Integer)
    exit_reason: Mapped[str | None] = mapped_column(String)
    theme: Mapped[str | None] = mapped_column(String)
    longitude: Mapped[Decimal | None] = mapped_column(Numeric)
    latitude: Mapped[Decimal | None] = mapped_column(Numeric)
    source: Mapped[str | None] = mapped_column(String)
    note: Mapped[str | None] = mapped_column(String)

    division: Mapped[Division] = relationship(lazy="joined", innerjoin=True)
    external_ids: Mapped[list[ZoneExternalId]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", order_by="ZoneExternalId.system, ZoneExternalId.value"
    )


class ZoneExternalId(Base):
    """The zone's name in another system; a pair names one zone only."""

    __tablename__ = "zone_external_id"

    system: Mapped[str] = mapped_column(String, primary_key=True)
    value: Mapped[str] = mapped_column(String, primary_key=True)
    zone_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("zone.id"), index=True)


explain_constraint("uq_zone_code", "code_taken", Words("该代码已被使用", "The code is taken"), "#/code")
explain_constraint(
    "pk_zone_external_id",
    "external_id_taken",
    Words("该外部标识已属于另一实验区", "The external id belongs to another zone"),
    "#/external_ids",
)
