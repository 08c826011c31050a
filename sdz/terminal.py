"""What the command shows: whole lines, and progress where somebody watches."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn


class Terminal:
    """Standard output. Text is shown as it is: no markup, no wrapping in the middle of an address."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, soft_wrap=True)

    def say(self, line: str) -> None:
        self.console.print(line, markup=False)

    @contextmanager
    def progress(self, title: str, steps: int) -> Iterator[Callable[[str], None]]:
        """Show the progress of work of so many steps; call what it yields after each with the step's name.

        Where nobody watches (output into a file) each step is a line.
        """
        if not self.console.is_terminal:
            yield lambda step: self.say(f"{title}: {step}")
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[step]}"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self.console, transient=True) as bar:
            task = bar.add_task(title, total=steps, step="")
            yield lambda step: bar.update(task, advance=1, step=step)


def error_terminal() -> Terminal:
    """Standard error, for progress beside an answer that a program reads."""
    return Terminal(Console(stderr=True, highlight=False, soft_wrap=True))
