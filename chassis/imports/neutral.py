"""Cells that a spreadsheet would take for a formula: made harmless on the way out, restored on the way in."""

from __future__ import annotations

import re
from decimal import Decimal

# OWASP, CSV injection: these begin a formula, or move what follows into a cell of its own
_DANGEROUS = re.compile(r"'*[=+\-@\t\r]")
_NEUTRALISED = re.compile(r"''*[=+\-@\t\r]")


def neutralised(value: object) -> str:
    """The text of a cell: with an apostrophe before it if it would begin a formula; None is empty.

    Numbers are no text: -5 stays -5. A text that begins with apostrophes and such a sign gets one more, so
    that `restored` gives back exactly what was.
    """
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value, "f")
    text = str(value)
    if isinstance(value, str) and _DANGEROUS.match(text):
        return f"'{text}"
    return text


def restored(cell: str) -> str:
    """The value that was neutralised as `cell`; other cells as they are."""
    return cell[1:] if cell.startswith("'") and _NEUTRALISED.match(cell) else cell
