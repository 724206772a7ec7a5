"""Real processes of ours, started with an environment, killed when a test says, always ended after it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
SECRETS = {"CALLBACK_SECRET": "c" * 32, "SECRET_KEY": "s" * 32}


def environment(database: str, gateway_url: str, **more: str) -> dict[str, str]:
    """What a process needs to send through the fake gateway at any hour of the day."""
    clean = {name: value for name, value in os.environ.items() if name not in {"PORT", "REDIS_URL"}}
    ours = {
        "DATABASE_URL": database,
        "GATEWAY": "africastalking",
        "AT_USERNAME": "ensigo",
        "AT_API_KEY": "key",
        "AT_BASE_URL": gateway_url,
        "QUIET_HOURS": "",
        "PYTHONPATH": str(ROOT),
        **SECRETS,
    }
    return clean | ours | more


def start(env: dict[str, str], *arguments: str, cwd: Path = ROOT, log: Path | None = None) -> subprocess.Popen[bytes]:
    """python -m … in its own process group."""
    out = log.open("ab") if log else subprocess.DEVNULL
    return subprocess.Popen([sys.executable, "-m", *arguments], env=env, cwd=cwd, stdout=out, stderr=out, start_new_session=True)


def children(pid: int) -> list[int]:
    """The living children of a process (Linux)."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def wait_until(true: Callable[[], object], seconds: float = 60, what: str = "") -> None:
    """Look again every 50 ms until it is true. Raises AssertionError after `seconds`."""
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds} s: {what or true}")
        time.sleep(0.05)
