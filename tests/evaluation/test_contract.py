"""The examples in the contract are what the models accept."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from chassis.routing import ResourceRoute
from chassis.schemas import Page
from services.evaluation.app import SERVICE

ROUTES = [route for router in SERVICE.routers for route in router.routes if isinstance(route, ResourceRoute)]


def _body(route: ResourceRoute) -> type[BaseModel] | None:
    field = route.body_field
    kind: Any = field.field_info.annotation if field else None
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _answer(route: ResourceRoute) -> type[BaseModel] | None:
    """The model that is answered; of a page, the model of its items."""
    model: type[BaseModel] | None = route.response_model
    if isinstance(model, type) and issubclass(model, Page):
        model = model.__pydantic_generic_metadata__["args"][0]
    return model


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: str(route.operation_id))
def test_an_operation_has_a_summary_a_sentence_and_examples_that_hold(route: ResourceRoute) -> None:
    assert route.operation_id
    assert route.summary
    assert route.description
    for model in (_body(route), _answer(route)):
        if model is None or model.__name__ in {"FrameworkSummaryOut", "RunSummaryOut", "Report"}:
            continue  # parts of models whose examples are checked, and the chassis's own
        examples = model.model_json_schema()["examples"]
        assert examples
        for example in examples:
            model.model_validate(_aliased(model, example))


def _aliased(model: type[BaseModel], example: dict[str, Any]) -> dict[str, Any]:
    """Members as they are read where that differs from how they are written."""
    names = {
        name: field.validation_alias
        for name, field in model.model_fields.items()
        if isinstance(field.validation_alias, str)
    }
    return {names.get(name, name): value for name, value in example.items()}
