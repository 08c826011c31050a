"""Changing frameworks; indicators come into being with the first framework that uses them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.feed.outbox import Change, emit
from chassis.ids import Reference, new_id
from chassis.resource import mark_deleted, revise, touch
from services.evaluation.frameworks.models import Framework, FrameworkNode, Indicator
from services.evaluation.frameworks.queries import find_named, indicators_by_code, show, show_indicator
from services.evaluation.frameworks.rules import check_nodes, check_same_indicator
from services.evaluation.frameworks.schemas import FrameworkIn, FrameworkPatch, NodeIn


async def create(session: AsyncSession, body: FrameworkIn, actor: str) -> Framework:
    """Store the framework and what indicators it brings.

    Raises 422 for a tree that is not well formed, 409 for a code or an indicator that is taken otherwise.
    """
    check_nodes(body.nodes)
    framework = Framework(
        id=new_id(),
        code=body.code,
        names=body.names.model_dump(by_alias=True),
        note=body.note,
        version=1,
        created_by=actor,
        updated_by=actor,
    )
    session.add(framework)
    await session.flush()
    await _store_nodes(session, framework.id, body.nodes, actor)
    return await _tell(session, framework.id, actor, "created", ["code", "names", "note", "nodes"])


async def change(session: AsyncSession, framework: Framework, body: FrameworkPatch, actor: str) -> Framework:
    """Apply a merge patch to a locked framework; runs keep the nodes with which they were made."""
    values = {name: getattr(body, name) for name in body.model_fields_set - {"nodes", "names"}}
    if body.names is not None:
        values["names"] = body.names.model_dump(by_alias=True)
    replaced = body.nodes is not None and _differ(body.nodes, framework)
    changed = revise(framework, values, actor)
    if body.nodes is not None and replaced:
        check_nodes(body.nodes)
        if not changed:
            touch(framework, actor)
        changed.append("nodes")
        await session.execute(delete(FrameworkNode).where(FrameworkNode.framework_id == framework.id))
        await _store_nodes(session, framework.id, body.nodes, actor)
    if not changed:
        return framework
    await session.flush()
    return await _tell(session, framework.id, actor, "updated", changed)


def _differ(nodes: Sequence[NodeIn], framework: Framework) -> bool:
    given = [node.model_dump(mode="json", by_alias=True) for node in nodes]
    stored = show(framework, "zh-Hans").model_dump(mode="json", by_alias=True)["nodes"]
    return given != [{name: node[name] for name in NodeIn.model_fields} for node in stored]


async def remove(session: AsyncSession, framework: Framework, actor: str) -> None:
    """Soft deletion of a locked framework that nothing uses."""
    mark_deleted(framework, actor)
    await session.flush()
    await emit(session, actor, [_event(framework, "deleted", ["deleted_at"])])


async def _store_nodes(
    session: AsyncSession, framework_id: UUID, nodes: Sequence[NodeIn], actor: str
) -> None:
    indicators = await _indicators_for(session, nodes, actor)
    await session.execute(
        insert(FrameworkNode),
        [
            {
                "framework_id": framework_id,
                "position": position,
                "names": node.names.model_dump(by_alias=True),
                "indicator_id": indicators[node.code] if node.is_leaf else None,
                **node.model_dump(
                    include={"code", "parent", "weight", "aggregation", "min_available", "direction"}
                ),
            }
            for position, node in enumerate(nodes)
        ],
    )


async def _indicators_for(session: AsyncSession, nodes: Sequence[NodeIn], actor: str) -> dict[str, UUID]:
    """Ids of the leaves' indicators by code; what is new is created and told of."""
    known = await indicators_by_code(session, [node.code for node in nodes if node.is_leaf])
    fresh: list[Indicator] = []
    for index, node in enumerate(nodes):
        if node.code in known and node.is_leaf:
            check_same_indicator(index, node, known[node.code])
        elif node.is_leaf:
            fresh.append(_indicator(node, actor))
    session.add_all(fresh)
    await session.flush()
    await emit(session, actor, [_indicator_event(row) for row in fresh])
    return {row.code: row.id for row in (*known.values(), *fresh)}


def _indicator(node: NodeIn, actor: str) -> Indicator:
    return Indicator(
        id=new_id(),
        names=node.names.model_dump(by_alias=True),
        version=1,
        created_by=actor,
        updated_by=actor,
        **node.model_dump(include={"code", "unit", "valid_min", "valid_max", "definition"}),
    )


def _indicator_event(row: Indicator) -> Change:
    resource = show_indicator(row, "zh-Hans").model_dump(mode="json", by_alias=True)
    changed = ["code", "names", "unit", "valid_min", "valid_max", "definition"]
    return Change("indicator", "created", row.id, row.version, resource, changed)


async def _tell(
    session: AsyncSession, framework_id: UUID, actor: str, change: str, changed: Iterable[str]
) -> Framework:
    framework = await find_named(session, Reference(id=framework_id))
    assert framework is not None
    await emit(session, actor, [_event(framework, change, changed)])
    return framework


def _event(framework: Framework, change: str, changed: Iterable[str]) -> Change:
    resource = show(framework, "zh-Hans").model_dump(mode="json", by_alias=True)
    return Change("framework", change, framework.id, framework.version, resource, changed)
