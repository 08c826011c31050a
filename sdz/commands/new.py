"""`sdz new capability`."""

from typing import Annotated

import typer

from sdz.capability_guide import GUIDE, write_capability
from sdz.settings import CHECKOUT
from sdz.terminal import Terminal

Noun = Annotated[str, typer.Argument(help="An English noun in the singular, such as centre.")]
Plural = Annotated[str, typer.Option(help="Its plural, if it is not made with s.")]


def register(app: typer.Typer) -> None:
    new = typer.Typer(help="Begin something in this checkout 新建.", no_args_is_help=True)
    app.add_typer(new, name="new")

    @new.callback()
    def begin() -> None:
        """Begin something in this checkout 新建."""

    @new.command()
    def capability(noun: Noun, plural: Plural = "") -> None:
        """Write the example of docs/capability.md as a capability of the registry 新建功能."""
        written = write_capability(CHECKOUT, noun, plural or f"{noun}s")
        terminal = Terminal()
        for path in written:
            terminal.say(path)
        terminal.say(f"Read them beside {GUIDE}; then: make format, python -m tests.contract.matrix.pin")
