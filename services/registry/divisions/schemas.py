"""Divisions on the wire."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from chassis.decimals import DecimalString
from chassis.schemas import EXAMPLE_STAMPS, In, Out, ResourceOut
from chassis.text import Name, Text
from chassis.words import Words
from services.registry.divisions import rules


def _code(text: str) -> str:
    if not rules.is_code(text):
        words = Words("应为 6 位区划代码", "Must be a division code of six digits")
        raise PydanticCustomError("division_code", words.en, {"words": words})
    return text


def _edition(text: str) -> str:
    if not rules.is_edition(text):
        words = Words("版本应为 YYYYMM", "An edition is YYYYMM")
        raise PydanticCustomError("edition", words.en, {"words": words})
    return text


DivisionCode = Annotated[Name, AfterValidator(_code)]
Edition = Annotated[Name, AfterValidator(_edition)]


class DivisionRow(In):
    """One row of an import."""

    system: Name
    code: DivisionCode
    name: Name
    first_edition: Edition
    gone_by_edition: Edition | None = None
    longitude: DecimalString | None = None
    latitude: DecimalString | None = None
    source: Text | None = None

    @model_validator(mode="after")
    def _known_system(self) -> DivisionRow:
        if self.system != rules.SYSTEM:
            words = Words(f"代码体系应为 {rules.SYSTEM}", f"The code system must be {rules.SYSTEM}")
            raise PydanticCustomError("unknown_system", words.en, {"words": words})
        if self.gone_by_edition is not None and self.gone_by_edition <= self.first_edition:
            words = Words("废止版本应晚于首个版本", "gone_by_edition must come after first_edition")
            raise PydanticCustomError("editions_in_order", words.en, {"words": words})
        return self


class DivisionRef(Out):
    """A division as other resources name it: with system, edition and the name in that edition."""

    code: str
    system: str
    edition: str
    name: str


class DivisionOut(ResourceOut):
    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    **EXAMPLE_STAMPS,
                    "system": "gbt2260",
                    "code": "330282",
                    "name": "慈溪市",
                    "level": "county",
                    "path": ["330000", "330200", "330282"],
                    "first_edition": "198812",
                    "gone_by_edition": None,
                    "longitude": "121.266579",
                    "latitude": "30.169665",
                    "source": "S-GBT2260",
                }
            ]
        },
    )

    system: str
    code: str
    name: str
    level: rules.Level
    path: list[str]
    first_edition: str
    gone_by_edition: str | None
    longitude: DecimalString | None
    latitude: DecimalString | None
    source: str | None
