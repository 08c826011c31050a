"""A worker without a server: `python -m chassis.operations.alone services.evaluation.app`."""

from __future__ import annotations

import asyncio
import importlib
import signal
import sys

from chassis.app import Service
from chassis.logs import configure_logs
from chassis.operations.worker import run_worker
from chassis.runtime import Runtime
from chassis.settings import Settings, SettingsError


async def work_alone(service: Service, settings: Settings) -> None:
    """Work and keep the schedules of `service` until SIGTERM or SIGINT; then as a server's worker does."""
    configure_logs(settings.shared.log_level)
    runtime = Runtime.make(settings, service.peers, tuple({*service.follows, *service.calls}))
    working = asyncio.create_task(run_worker(runtime, service.operations, service.all_schedules()))

    def stop() -> None:
        runtime.stopping.asked = True
        working.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        await asyncio.wait({working})
    finally:
        await runtime.close()
    if not working.cancelled():
        working.result()


def main() -> None:
    """Run the worker of the module's `SERVICE`; exits with one line for settings that are wrong."""
    (module,) = sys.argv[1:]
    service: Service = importlib.import_module(module).SERVICE
    try:
        settings = Settings.read(service.name)
    except SettingsError as error:
        sys.exit(str(error))
    asyncio.run(work_alone(service, settings))


if __name__ == "__main__":
    main()
