"""What `sdz doctor` looks at; every check answers findings and changes nothing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One line of the doctor: fine when there is no remedy to name."""

    check: str
    message: str
    remedy: str | None = None

    @property
    def ok(self) -> bool:
        return self.remedy is None
