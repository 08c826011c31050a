"""The names of the four services, in the order in which they are started."""

from typing import Final

SERVICES: Final = ("registry", "projects", "evaluation", "gateway")
