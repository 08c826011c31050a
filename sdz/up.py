"""`sdz up`: run the platform until it is asked to stop."""

import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack

from sdz.atomic_files import write_whole
from sdz.demonstration.demonstrate import demo_api, demonstrate
from sdz.folders import resolve
from sdz.platform import APPLICATION, STEPS, Platform, running_platform
from sdz.secrets import read_secret
from sdz.settings import CHECKOUT, Settings
from sdz.stop_request import stop_on_signals
from sdz.terminal import Terminal
from sdz.trouble import Trouble


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
                target=when_ready, args=(platform, demo, terminal), name="when-ready", daemon=True
            ).start()
            platform.supervisor.watch(stop)
        terminal.say("SDZ stops 正在停止 …")
    terminal.say("SDZ has stopped 已停止")


def when_ready(platform: Platform, demo: bool, terminal: Terminal) -> None:
    """What happens once when every service is ready: the demonstration, then how to go on from here."""
    terminal.say(f"SDZ is ready 平台已就绪: {platform.gateway_url}")
    done = platform.folders.data / "demonstrated"
    if demo and not done.exists():
        try:
            with demo_api(platform.gateway_url, platform.folders) as api:
                demonstrate(api, CHECKOUT / "sampledata", terminal, terminal.console)
            write_whole(done, "the demonstration's data have been loaded\n", 0o644)
        except Trouble as trouble:
            terminal.say(f"the demonstration failed: {trouble} (the next start tries again)")
    _say_how_to_go_on(platform, terminal.say)


def _say_how_to_go_on(platform: Platform, say: Callable[[str], None]) -> None:
    url = platform.gateway_url
    say("")
    say(f"documentation 接口文档   {url}/docs")
    say(f"the whole's state 状态   {url}/api/v1/status")
    say(f"scores 评价结果          {url}/api/v1/scores?sort=rank   (needs a token 需要令牌)")
    say(f"a token 令牌             TOKEN=$({sys.executable} -m sdz token --url {url})")
    say(f'                         curl -H "Authorization: Bearer $TOKEN" {url}/api/v1/zones')
    password_file = platform.folders.secrets / "gateway_admin_password"
    if platform.first_start:
        password = read_secret(platform.folders.secrets, "gateway_admin_password")
        say(f"first administrator 首个管理员: admin / {password}  (shown once; kept in {password_file})")
    say("serving until Ctrl-C 正在服务, 按 Ctrl-C 停止")
