"""What the command says when it cannot go on: one line, and what to do about it."""


class Trouble(Exception):
    """Something the person at the keyboard can mend; shown without a traceback."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what} → {self.remedy}" if self.remedy else self.what
