"""Merge patches (RFC 7396) are judged by what they lead to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from chassis.problem_responses import from_validation
from chassis.schemas import In

Entry = TypeVar("Entry", bound=In)


def merged(entry: type[Entry], stored: Mapping[str, Any], patch: In) -> Entry:
    """The whole `entry` that the members of `stored` would be after the patch.

    Raises ValidationFailed (422) with pointers into the patch if that is no valid one: a member that an entry
    must have cannot be emptied, and what an entry must satisfy a patch must too.
    """
    given = {name: getattr(patch, name) for name in patch.model_fields_set}
    try:
        return entry.model_validate({**stored, **given})
    except ValidationError as error:
        raise from_validation([{**item, "loc": ("body", *item["loc"])} for item in error.errors()]) from error
