"""Table of observations."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import SCOPED
from chassis.resource import Base, ResourceColumns


class Observation(ResourceColumns, Base):
    """`reference_division` is the code of the division that the figure is about.

    `source` holds codes of sources, separated by `;`.
    """

    __tablename__ = "observation"
    __table_args__ = (
        # leads with the zone, so that the table can be spread by it
        UniqueConstraint("zone_id", "indicator_id", "period", name="uq_observation_key"),
        CheckConstraint(
            "status IN"
            " ('reported', 'estimated', 'not_available', 'not_applicable', 'confidential', 'pending')",
            name="status",
        ),
        CheckConstraint(
            "(value IS NOT NULL) = (status IN ('reported', 'estimated'))", name="value_with_status"
        ),
        Index("ix_observation_period_indicator_id", "period", "indicator_id"),
        {"info": SCOPED},
    )

    zone_id: Mapped[UUID] = mapped_column(ForeignKey("replica.id", name="fk_observation_zone_id"))
    indicator_id: Mapped[UUID] = mapped_column(ForeignKey("indicator.id", name="fk_observation_indicator_id"))
    period: Mapped[str] = mapped_column(String)
    status: Mapped[str] = mapped_column(String)
    value: Mapped[Decimal | None] = mapped_column(Numeric)
    reference_division: Mapped[str | None] = mapped_column(String)
    source: Mapped[str | None] = mapped_column(String)
    note: Mapped[str | None] = mapped_column(String)
