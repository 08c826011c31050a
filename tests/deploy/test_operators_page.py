"""docs/deploy.md names the settings that there are, with the defaults that they have."""

from __future__ import annotations

import re

from sdz.services import SERVICES
from sdz.settings import CHECKOUT
from tests.deploy.code_settings import command_variables, container_variables
from tests.deploy.compose_file import COMPOSE

PAGE = (CHECKOUT / "docs" / "deploy.md").read_text(encoding="utf-8")
OF_COMPOSE = set(re.findall(r"\$\{(SDZ_\w+):-", COMPOSE.read_text(encoding="utf-8")))
"""Variables that Compose itself puts in."""


def documented() -> list[tuple[str, str]]:
    """Variable and default of every row of a table of settings, `<SERVICE>` written out."""
    rows = []
    for names, default in re.findall(r"^\| (`SDZ_[^|]*) \| [^|]+ \| ([^|]+) \|$", PAGE, flags=re.MULTILINE):
        for name in re.findall(r"`(\w+|\w+<SERVICE>\w+)`", names):
            services = SERVICES if "<SERVICE>" in name else ("",)
            rows += [(name.replace("<SERVICE>", s.upper()), default.strip("`")) for s in services]
    return rows


def test_the_tables_name_every_setting_and_no_other() -> None:
    known = {*container_variables(), *command_variables(), *OF_COMPOSE}
    assert {name for name, _ in documented()} == known


def test_the_defaults_are_those_of_the_code() -> None:
    known = {**command_variables(), **container_variables()}
    # `SDZ_<SERVICE>_PORT` is told of the others: the gateway's has a row of its own
    told = set(documented()) - {("SDZ_GATEWAY_PORT", "a free one")}
    assert {(name, default) for name, default in told if default != known.get(name, default)} == set()


def test_a_default_in_compose_is_the_one_that_is_told() -> None:
    in_compose = re.findall(r"\$\{(SDZ_\w+):-(\w+)\}", COMPOSE.read_text(encoding="utf-8"))
    assert len(in_compose) == 4
    assert set(in_compose) <= set(documented())
