"""How a capability declares a hot read: one line beside its ordinary route.

The ordinary route stays: it is in the contract, names the permission, and answers all that the fast one does
not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chassis.fast.middleware import Registered
from chassis.fast.reads import FastOne, FastPage, Visible
from chassis.fast.shape import Shape
from chassis.listing import Listing
from chassis.routing import ResourceRoute, ResourceRouter


def fast_one(
    router: ResourceRouter, operation_id: str, shape: Shape, visible: Visible, keys: Mapping[str, Any]
) -> None:
    """Answer `GET /…/{ref}` fast; `keys` maps `id`, and `code` where there is one, to their columns.

    `visible` is the statement of what a caller may see, joined with all that `shape` selects.
    """
    _register(router, operation_id, FastOne(shape, visible, keys))


def fast_page(
    router: ResourceRouter, operation_id: str, shape: Shape, visible: Visible, listing: Listing
) -> None:
    """Answer pages of a list fast that are asked for with `limit` and `cursor` alone."""
    _register(router, operation_id, FastPage(shape, visible, listing))


def _register(router: ResourceRouter, operation_id: str, read: FastOne | FastPage) -> None:
    route = next(
        item
        for item in router.routes
        if isinstance(item, ResourceRoute) and item.operation_id == operation_id
    )
    router.fast_reads.append(Registered(route.path, route.requirement.permission, read))
