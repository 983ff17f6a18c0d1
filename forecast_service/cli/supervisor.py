"""The supervisor of `serve`: starts the web server and the worker, and restarts them."""

from __future__ import annotations

import contextlib
import errno
import multiprocessing
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.context import SpawnProcess
from types import FrameType

from forecast_service.cli.processes import run_web, run_worker
from forecast_service.cli.startup import Startup, ending_of
from forecast_service.errors import BackendUnavailable, ConfigurationError
from forecast_service.settings import Settings

__all__ = ["Supervisor", "choose_port", "stop_signals"]

STOP_SECONDS = 20.0  # time for a child to end by itself before it is killed
PATIENCE_SECONDS = 30.0  # time between two lines about a start that takes long
LOOK_SECONDS = 0.5  # time between two checks that every child is alive
FIRST_PAUSE_SECONDS = 1.0  # pause before a dead child is restarted; it doubles each time
LAST_PAUSE_SECONDS = 60.0


@contextlib.contextmanager
def stop_signals() -> Iterator[threading.Event]:
    """An event that TERM and INT set, instead of ending the process."""
    stop = threading.Event()

    def set_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, set_stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def choose_port(host: str, port: int) -> int:
    """The port to listen on; for port 0, a free one.

    Raises
    ------
    ConfigurationError
        Another program listens there, or the address does not belong to this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            if getattr(error, "errno", None) == errno.EADDRINUSE:
                raise ConfigurationError(
                    f"Port {port} is already in use. Stop the program that uses it, or choose "
                    "another port with --port."
                ) from error
            reason = getattr(error, "strerror", None) or str(error)
            raise ConfigurationError(
                f"The service cannot listen on '{host}:{port}': {reason}. "
                "Choose another port or address with --port or --host."
            ) from error
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Restart:
    """The time at which a dead child is restarted."""

    child: SpawnProcess
    pause_seconds: float
    due: float

    @classmethod
    def after(cls, last: Restart | None, child: SpawnProcess, now: float) -> Restart:
        """Plan a restart. The pause doubles while children keep dying; a calm time resets it."""
        pause = FIRST_PAUSE_SECONDS
        if last is not None and now - last.due < LAST_PAUSE_SECONDS:
            pause = min(2 * last.pause_seconds, LAST_PAUSE_SECONDS)
        return cls(child, pause, now + pause)


class Supervisor:
    """The child processes of one `serve`. They end with it, even if it is killed."""

    def __init__(
        self, settings: Settings, *, with_worker: bool, say: Callable[[str], None]
    ) -> None:
        self.settings = settings
        self.say = say
        self.roles = {"web": run_web} | ({"worker": run_worker} if with_worker else {})
        self.children: dict[str, SpawnProcess] = {}
        self.restarts: dict[str, Restart] = {}
        # Do not fork: the children open databases and start threads.
        self.context = multiprocessing.get_context("spawn")
        self.reports, self.reporter = self.context.Pipe(duplex=False)

    def run(self, stop: threading.Event, ready: Callable[[], None]) -> None:
        """Keep the children running until ``stop`` is set, then end them.

        ``ready`` is called once, as soon as requests are answered.
        """
        try:
            for role in self.roles:
                self._start(role)
            if self._await_web(stop):
                ready()
            while not stop.wait(LOOK_SECONDS):
                self._pass_on_reports()
                self._restart_dead_children()
        finally:
            self._end_children()

    @property
    def address(self) -> str:
        """URL of the service, for this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.settings.host, self.settings.host)  # noqa: S104
        return f"http://{host}:{self.settings.port}"

    def _start(self, role: str) -> None:
        arguments = (self.settings, self.reporter)
        child = self.context.Process(target=self.roles[role], args=arguments, name=role)
        child.start()
        self.children[role] = child

    def _restart_dead_children(self) -> None:
        now = time.monotonic()
        for role, child in list(self.children.items()):
            if child.is_alive():
                continue
            restart = self.restarts.get(role)
            if restart is None or restart.child is not child:
                restart = self.restarts[role] = Restart.after(restart, child, now)
                self.say(
                    f"The {role} process {ending_of(child.exitcode)}. "
                    f"It restarts in {restart.pause_seconds:g} s."
                )
            if now >= restart.due:
                self._start(role)

    def _await_web(self, stop: threading.Event) -> bool:
        """Wait for the first answer; False if ``stop`` was set before.

        Raises
        ------
        BackendUnavailable
            There will be no answer; the sentence gives the reason.
        """
        begun = said = time.monotonic()
        startup = Startup(self.children["web"], self.address, self.reports)
        while not stop.wait(0.05):
            if startup.answers():
                return True
            if reason := startup.failure():
                raise BackendUnavailable(f"The web server did not start. {reason}")
            if time.monotonic() - said >= PATIENCE_SECONDS:
                said = time.monotonic()
                self.say(f"Still starting the web server after {said - begun:.0f} s.")
        return False

    def _pass_on_reports(self) -> None:
        while self.reports.poll():
            self.say(self.reports.recv())

    def _end_children(self) -> None:
        for child in self.children.values():
            child.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.children.values():
            child.join(max(0.0, deadline - time.monotonic()))
            if child.is_alive():
                child.kill()
                child.join()
