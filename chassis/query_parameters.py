"""Query parameters as OpenAPI shows them and as they are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chassis.problems import InvalidParameter, Issue
from chassis.text import nearest_of
from chassis.words import Words


class QueryParameters:
    """Base of dependencies that read query parameters of their own, declared for OpenAPI in `parameters`."""

    parameters: list[dict[str, Any]] = []  # noqa: RUF012  # set once by each instance

    def names(self) -> set[str]:
        return {parameter["name"] for parameter in self.parameters}


def parameter(name: str, schema: Mapping[str, Any], description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "schema": dict(schema),
        "description": description,
    }


def several(
    name: str, items: Mapping[str, Any], description: str, *, at_most: int | None = None, default: Any = None
) -> dict[str, Any]:
    """Values separated by commas."""
    schema: dict[str, Any] = {"type": "array", "items": dict(items), "minItems": 1}
    if at_most is not None:
        schema["maxItems"] = at_most
    if default is not None:
        schema["default"] = default
    return parameter(name, schema, description) | {"style": "form", "explode": False}


def names_among(shown: str, text: str, known: Iterable[str]) -> list[str]:
    """The names in a comma-separated value, each once; 400 with the nearest for one that is not known."""
    listed = sorted(known)
    names = list(dict.fromkeys(part.strip() for part in text.split(",")))
    for name in names:
        if name not in listed:
            raise unknown_name(shown, name, listed)
    return names


def unknown_name(shown: str, name: str, known: Iterable[str]) -> InvalidParameter:
    """`name` in the parameter `shown` is none of `known`; the answer names the nearest, and all."""
    listed = list(known)
    near = nearest_of(name, listed)
    words = Words(f"可用: {', '.join(listed)}", f"Known: {', '.join(listed)}")
    if near is not None:
        words = Words(f"{words.zh}; 是否指 {near}?", f"{words.en}; did you mean {near}?")
    params = {"given": name[:60], "nearest": near}
    return InvalidParameter(words, issues=[Issue("unknown_name", words, parameter=shown, params=params)])
