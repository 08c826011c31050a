"""Reading frameworks and indicators: reference data, the same for all who may read it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from chassis.ids import Reference
from chassis.problems import NotFound
from chassis.schemas import Names, stamps
from services.evaluation.frameworks.models import Framework, FrameworkNode, Indicator
from services.evaluation.frameworks.schemas import FrameworkOut, FrameworkSummaryOut, IndicatorOut, NodeOut
from services.evaluation.references import among, named_by


def live() -> Select[Framework]:
    return select(Framework).where(Framework.deleted_at.is_(None))


def live_indicators() -> Select[Indicator]:
    return select(Indicator).where(Indicator.deleted_at.is_(None))


async def find(session: AsyncSession, ref: str, *, lock: bool = False) -> Framework:
    """The framework with its nodes, locked for a change if asked; 404 when there is none."""
    found = await find_named(session, Reference.from_path(ref), lock=lock)
    if found is None:
        raise NotFound()
    return found


async def find_named(session: AsyncSession, reference: Reference, *, lock: bool = False) -> Framework | None:
    """The framework with its nodes and their indicators; three queries."""
    statement = live().where(named_by(Framework, reference))
    if lock:
        statement = statement.with_for_update(of=Framework)
    nodes = selectinload(Framework.nodes).selectinload(FrameworkNode.indicator)
    return await session.scalar(statement.options(nodes), execution_options={"populate_existing": True})


async def count_indicators(session: AsyncSession, framework_id: UUID) -> int:
    """How many leaves the framework has."""
    leaves = FrameworkNode.framework_id == framework_id, FrameworkNode.indicator_id.is_not(None)
    return await session.scalar(select(func.count()).select_from(FrameworkNode).where(*leaves)) or 0


async def indicators_by_code(session: AsyncSession, codes: Iterable[str]) -> dict[str, Indicator]:
    rows = await session.scalars(live_indicators().where(among(Indicator.code, sorted(set(codes)))))
    return {row.code: row for row in rows}


async def indicators_named(
    session: AsyncSession, references: Iterable[Reference]
) -> dict[Reference, Indicator]:
    """The indicators that the references name; one query."""
    listed = set(references)
    ids = [reference.id for reference in listed if reference.id]
    codes = [reference.code for reference in listed if reference.code]
    statement = live_indicators().where(among(Indicator.id, ids) | among(Indicator.code, codes))
    rows = (await session.scalars(statement)).all()
    by_id, by_code = {row.id: row for row in rows}, {row.code: row for row in rows}
    found = {
        reference: by_id.get(reference.id) if reference.id else by_code.get(reference.code or "")
        for reference in listed
    }
    return {reference: row for reference, row in found.items() if row is not None}


def show_indicator(row: Indicator, language: str) -> IndicatorOut:
    names = Names.model_validate(row.names)
    return IndicatorOut(
        **stamps(row),
        code=row.code,
        unit=row.unit,
        definition=row.definition,
        name=names.pick(language),
        names=names,
        valid_min=row.valid_min,
        valid_max=row.valid_max,
    )


def show_summary(row: Framework, language: str) -> FrameworkSummaryOut:
    names = Names.model_validate(row.names)
    return FrameworkSummaryOut(
        **stamps(row),
        code=row.code,
        note=row.note,
        name=names.pick(language),
        names=names,
    )


def show(row: Framework, language: str) -> FrameworkOut:
    """`row.nodes` and their indicators are loaded."""
    summary = {**stamps(row), "code": row.code, "note": row.note}
    names = Names.model_validate(row.names)
    nodes = [show_node(node) for node in row.nodes]
    return FrameworkOut(**summary, name=names.pick(language), names=names, nodes=nodes)


def show_node(node: FrameworkNode) -> NodeOut:
    indicator = node.indicator
    return NodeOut.model_validate(
        {
            **{
                name: getattr(node, name)
                for name in (
                    "code",
                    "parent",
                    "names",
                    "weight",
                    "aggregation",
                    "min_available",
                    "direction",
                )
            },
            **{
                name: getattr(indicator, name) if indicator else None
                for name in ("unit", "valid_min", "valid_max", "definition")
            },
        }
    )
