"""Tables of import plans, which every service has."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, DateTime, ForeignKey, Integer, LargeBinary, String, Table, Uuid, func
from sqlalchemy.dialects.postgresql import JSONB

from chassis.base_tables import metadata
from chassis.database import UNAUDITED

# A sheet with what it would do. `content` is the file, deflated; `header` names its columns, `shown` is the
# header as it stands in the sheet; `digest` covers the rows' keys, base versions and values.
import_plan: Final = Table(
    "import_plan",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("collection", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("media_type", String, nullable=False),
    Column("atomicity", String, nullable=False),
    Column("sheet", String),
    Column("header", JSONB),
    Column("shown", JSONB),
    Column("counts", JSONB, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
    Column("committed_at", DateTime(timezone=True)),
    info=UNAUDITED,  # a plan changes nothing
)

# Its rows, some thousand in one value; `counts` are those of the part.
import_part: Final = Table(
    "import_part",
    metadata,
    Column("plan_id", Uuid, ForeignKey("import_plan.id", ondelete="CASCADE"), primary_key=True),
    Column("first_row", Integer, primary_key=True),
    Column("last_row", Integer, nullable=False),
    Column("counts", JSONB, nullable=False),
    Column("rows", LargeBinary, nullable=False),
    info=UNAUDITED,
)
