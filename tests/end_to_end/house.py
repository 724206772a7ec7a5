"""The Procfile's processes between a fake gateway, Redis and PostgreSQL, and the command line beside them."""

import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from tests import servers
from tests.fake_gateway import FakeGateway
from tests.fake_gateway_reports import Habits
from tests.phone import Phone
from tests.processes import ROOT, SECRETS, environment, start, wait_until
from tests.race.test_kill import stop


@dataclass(frozen=True)
class House:
    """A running service: where it is, what its processes were started with, who carries its texts, where its logs are."""

    base: str
    env: dict[str, str]
    gateway: FakeGateway
    folder: Path

    def phone(self, number: str) -> Phone:
        return Phone(self.base, number, SECRETS["CALLBACK_SECRET"])

    def command(self, *words: str, status: int = 0) -> str:
        """What `python -m service …` prints. Any other exit code than `status` fails the test."""
        done = subprocess.run(
            [sys.executable, "-m", "service", *words], env=self.env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def commands(self, *each: tuple[str, ...]) -> list[str]:
        """Several at the same time; what each prints."""
        with ThreadPoolExecutor(len(each)) as pool:
            return list(pool.map(lambda words: self.command(*words), each))

    def leaks(self, *names: str) -> list[str]:
        """Lines of log that hold a phone number, one of these names or the callbacks' secret."""
        lines = [line for name in procfile() for line in (self.folder / name).read_text().splitlines()]
        told = re.compile("|".join([r"\+?256\d{9}", re.escape(SECRETS["CALLBACK_SECRET"]), *map(re.escape, names)]))
        return [line for line in lines if told.search(line)]


@contextmanager
def running(url: str, folder: Path, habits: Habits = Habits(), **more: str) -> Iterator[House]:  # noqa: B008 (it is frozen)
    """web, workers and clock as the Procfile starts them, until the end. `habits`: of the gateway's reports; `more`: settings."""
    redis, redis_url = servers.redis_server(folder)
    port = _free_port()
    base = f"http://127.0.0.1:{port}"
    processes = []
    with FakeGateway(suffixes=False, habits=habits, callback=f"{base}/at/{SECRETS['CALLBACK_SECRET']}/delivery") as gateway:
        ours = {"REDIS_URL": redis_url, "PORT": str(port), "PUBLIC_URL": base, "WEB_CONCURRENCY": "2", "INBOUND": "shortcode"}
        ours |= {"SPOOL_DIR": str(folder / "spool")}
        env = environment(url, gateway.url, **(ours | more))
        try:
            for name, command in procfile().items():
                processes.append(start(env, *command, log=folder / name))
            wait_until(lambda: _answers(base), 30, "the web processes answer")
            yield House(base, env, gateway, folder)
        finally:
            for process in processes:
                stop(process)
            redis.kill()


def procfile() -> dict[str, list[str]]:
    return {name: shlex.split(command)[2:] for name, command in re.findall(r"^(\w+): (.+)$", (ROOT / "Procfile").read_text(), re.M)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(base: str) -> bool:
    try:
        return requests.get(f"{base}/readyz", timeout=2).status_code == 200
    except requests.RequestException:
        return False
