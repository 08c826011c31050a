"""The pages of state machines below `docs/states`; `python -m tests.diagrams` writes them anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chassis.states.diagram import page
from chassis.states.machine import Machine
from services.registry.zones.lifecycle import ZONE_MACHINE

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "states"
MACHINES: tuple[Machine, ...] = (ZONE_MACHINE,)


def pages() -> Iterator[tuple[Path, str]]:
    """Each file with the text that it should have."""
    for machine in MACHINES:
        yield FOLDER / f"{machine.name}.md", page(machine)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for path, text in pages():
        path.write_text(text, encoding="utf-8")
