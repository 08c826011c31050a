"""`sdz up`: run the platform until it is asked to stop."""

import threading
from collections.abc import Callable
from contextlib import ExitStack

from sdz.folders import resolve
from sdz.platform import APPLICATION, STEPS, Platform, running_platform
from sdz.secrets import read_secret
from sdz.settings import Settings
from sdz.stop_request import stop_on_signals
from sdz.terminal import Terminal


def run(settings: Settings, *, demo: bool, verbose: bool = False, application: str = APPLICATION) -> None:
    """Start the platform, say where it is, and serve until Ctrl-C or SIGTERM; `Trouble` when it cannot start.

    `demo` asks for the demonstration's data on a first start.
    """
    terminal = Terminal()
    with stop_on_signals() as stop, ExitStack() as running:
        with terminal.progress("SDZ starts 正在启动", STEPS) as progress:
            platform = running.enter_context(
                running_platform(
                    settings,
                    resolve(settings),
                    say=terminal.say,
                    progress=progress,
                    stop=stop,
                    application=application,
                    verbose=verbose,
                )
            )
        if not stop.asked:
            # Beside the watch, so that a service that dies during the loading is started again.
            threading.Thread(
                target=when_ready, args=(platform, demo, terminal.say), name="when-ready", daemon=True
            ).start()
            platform.supervisor.watch(stop)
        terminal.say("SDZ stops 正在停止 …")
    terminal.say("SDZ has stopped 已停止")


def when_ready(platform: Platform, demo: bool, say: Callable[[str], None]) -> None:
    """What happens once when every service is ready.

    The demonstration's data are loaded here: `demo and platform.first_start`, through `platform.gateway_url`.
    """
    say(f"SDZ is ready 平台已就绪: {platform.gateway_url}")
    password_file = platform.folders.secrets / "gateway_admin_password"
    if platform.first_start:
        password = read_secret(platform.folders.secrets, "gateway_admin_password")
        say(f"first administrator 首个管理员: admin / {password}  (shown once; kept in {password_file})")
    say("stop with Ctrl-C 按 Ctrl-C 停止")
