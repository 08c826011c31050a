"""Labels of what a division's members take."""

from typing import Final

from chassis.vocabularies.terms import closed
from chassis.words import Words
from services.registry.divisions.rules import Level

LEVEL: Final = closed(
    "divisions.level",
    Words("级别", "Level"),
    Level,
    Words("省级", "Province"),
    Words("地级", "Prefecture"),
    Words("县级", "County"),
)
