"""What a GB/T 2260 code says by itself.

Six digits: two for the province, two for the prefecture, two for the county; `00` fills up.
"""

from __future__ import annotations

import re
from typing import Literal

SYSTEM = "gbt2260"
Level = Literal["province", "prefecture", "county"]
_CODE = re.compile(r"[1-9][0-9]{5}")


def is_code(code: str) -> bool:
    return _CODE.fullmatch(code) is not None


def level(code: str) -> Level:
    if code.endswith("0000"):
        return "province"
    return "prefecture" if code.endswith("00") else "county"


def path(code: str) -> list[str]:
    """The codes from the province down to `code` itself.

    The prefecture's place is filled also where no such division stands (counties of a municipality, counties
    directly below a province): the subtree of a code is what begins with its digits.
    """
    steps = [code[:2] + "0000", code[:4] + "00", code]
    return list(dict.fromkeys(steps))


def is_edition(text: str) -> bool:
    """YYYYMM."""
    return re.fullmatch(r"(19|20)[0-9]{2}(0[1-9]|1[0-2])", text) is not None


def stands_in(edition: str, first_edition: str, gone_by_edition: str | None) -> bool:
    """Whether an entry of [first, gone) is in the edition."""
    return first_edition <= edition and (gone_by_edition is None or edition < gone_by_edition)
