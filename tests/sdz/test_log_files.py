"""Log files over several starts."""

from pathlib import Path

from sdz.log_files import LogFollower, last_lines, rotate


def test_the_last_three_starts_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "registry.log"
    for start in range(6):
        rotate(log)
        log.write_text(str(start))
    kept = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert kept == {"registry.log": "5", "registry.log.1": "4", "registry.log.2": "3", "registry.log.3": "2"}


def test_the_last_lines_leave_out_empty_ones(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("one\ntwo\n\nthree\n\n")
    assert last_lines(log, 2) == ["two", "three"]
    assert last_lines(tmp_path / "none", 2) == []


def test_a_follower_shows_each_complete_line_once(tmp_path: Path) -> None:
    log, shown = tmp_path / "log", list[str]()
    follower = LogFollower("registry", log, shown.append)
    follower.show_new()
    log.write_text("first\nsec")
    follower.show_new()
    follower.show_new()
    with log.open("a") as file:
        file.write("ond\n")
    follower.show_new()
    assert shown == ["registry   | first", "registry   | second"]
