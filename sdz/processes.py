"""Supervision: the database and the services as one thing that starts, is watched, and stops in order."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from sdz.child import GRACE, Child, describe
from sdz.embedded.cluster import Cluster
from sdz.log_files import LogFollower, last_lines
from sdz.process_record import write_record
from sdz.stop_request import StopRequest
from sdz.trouble import Trouble

PATIENCE: Final = 90.0
TICK: Final = 0.1


class Supervisor:
    """Keeps `cluster` (None when the databases are elsewhere) and `children` running.

    `children` are in the order of their start; they are stopped the other way round, the cluster last.
    """

    def __init__(
        self,
        cluster: Cluster | None,
        children: Sequence[Child],
        *,
        record: Path,
        say: Callable[[str], None],
        verbose: bool = False,
    ) -> None:
        self.cluster = cluster
        self.children = children
        self._record = record
        self._say = say
        self._followers = [LogFollower(c.name, c.log, say) for c in children] if verbose else []
        self._database_again_at = 0.0

    def start(self, stop: StopRequest, ready: Callable[[str], None]) -> None:
        """Start all children and wait for `/readyz` of each; `ready` is told each name.

        Returns early when a stop is asked for. `Trouble` with the last line of its log when a child ends, or
        is not ready after 90 s.
        """
        for child in self.children:
            child.start()
        self._write_record()
        waiting = list(self.children)
        deadline = time.monotonic() + PATIENCE
        while waiting and not stop.wait(TICK):
            self._follow()
            for child in list(waiting):
                if (status := child.exit_status()) is not None:
                    raise Trouble(
                        f"{child.name} did not start ({describe(status)}): {_reason(child)}",
                        f"see {child.log}",
                    )
                if child.is_ready():
                    waiting.remove(child)
                    ready(child.name)
            if waiting and time.monotonic() > deadline:
                names = ", ".join(child.name for child in waiting)
                raise Trouble(f"not ready after {PATIENCE:.0f} s: {names}", f"see {waiting[0].log}")

    def watch(self, stop: StopRequest) -> None:
        """Start again whatever dies, until a stop is asked for."""
        while not stop.wait(TICK):
            self._watch_database()
            for child in self.children:
                before = child.pid
                if news := child.restart_when_due():
                    self._say(news)
                if child.pid != before:
                    self._write_record()
            self._follow()

    def stop(self) -> None:
        """Stop the gateway, so that nothing new comes in; then the others at once; the database last."""
        for group in (self.children[-1:], self.children[:-1]):
            for child in group:
                child.ask_to_stop()
            deadline = time.monotonic() + GRACE + 5
            for child in group:
                child.wait_until_stopped(deadline - time.monotonic())
        self._follow()
        if self.cluster is not None:
            self.cluster.stop()
        self._record.unlink(missing_ok=True)

    def _watch_database(self) -> None:
        cluster = self.cluster
        if cluster is None or cluster.is_alive() or time.monotonic() < self._database_again_at:
            return
        self._say("the database server ended; it is started again")
        try:
            cluster.start()
        except Trouble as trouble:
            self._say(str(trouble))
            self._database_again_at = time.monotonic() + 5.0
        self._write_record()

    def _write_record(self) -> None:
        pids = {child.name: child.pid for child in self.children if child.pid is not None}
        if self.cluster is not None and self.cluster.pid is not None:
            pids["database"] = self.cluster.pid
        write_record(self._record, pids)

    def _follow(self) -> None:
        for follower in self._followers:
            follower.show_new()


def _reason(child: Child) -> str:
    return (last_lines(child.log, 1) or ["no word in its log"])[0].strip()
