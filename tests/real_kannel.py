"""Debian's Kannel, started with the configuration of docs/kannel.md: bearerbox, smsbox, and `fakesmsc` as the operator behind them."""

import os
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest
import requests

from tests.processes import ROOT, wait_until

FAKESMSC = Path("/usr/lib/kannel/test/fakesmsc")
GOT = re.compile(r"Got message \d+: <(?P<sender>\S+) (?P<phone>\S+) (?P<kind>\S+) (?P<words>.*)>$", re.M)
SECRET, PASSWORD = "k" * 32, "change-me-1"


def required() -> None:
    """Skip loudly where Kannel is not installed; in CI, which installs it, fail."""
    missing = [name for name in ("bearerbox", "smsbox") if not box(name)] + ([] if FAKESMSC.exists() else [str(FAKESMSC)])
    if missing:
        says = f"Kannel is not installed (no {', '.join(missing)}): apt-get install kannel kannel-extras"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(says)


def box(name: str) -> str | None:
    """Where a box lies: often not on the path of a person who may not administer the machine."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RealKannel:
    """One Kannel whose texts and reports come to `app_port` of this machine. Every box is ours to kill."""

    def __init__(self, folder: Path, app_port: int) -> None:
        self.folder, self.app_port = folder, app_port
        self.admin, self.boxes, self.sendsms, self.operator = (free_port() for _ in range(4))
        self.url = f"http://127.0.0.1:{self.sendsms}/cgi-bin/sendsms"
        self.running = dict[str, subprocess.Popen[bytes]]()
        self._conf = folder / "kannel.conf"
        self._conf.write_text(self._configuration())
        for name in ("store", "reports"):
            (folder / name).mkdir()

    def _configuration(self) -> str:
        """The document's, with our ports, folders and address; whatever is replaced must stand in it."""
        text = re.findall(r"```ini\n(.*?)```", (ROOT / "docs" / "kannel.md").read_text(), re.S)[0]
        ours = {
            "admin-port = 13000": f"admin-port = {self.admin}",
            "smsbox-port = 13001": f"smsbox-port = {self.boxes}",
            "sendsms-port = 13013": f"sendsms-port = {self.sendsms}",
            "port = 10000": f"port = {self.operator}",
            "/var/spool/kannel": str(self.folder),
            "http-queue-delay = 10": "http-queue-delay = 1",
            "https://ensigo.example.org/kannel/CALLBACK_SECRET/": f"http://127.0.0.1:{self.app_port}/kannel/{SECRET}/",
        }
        for theirs, mine in ours.items():
            assert theirs in text, f"docs/kannel.md no longer says {theirs!r}"
            text = text.replace(theirs, mine)
        return text

    def start(self) -> "RealKannel":
        self._run("bearerbox", str(box("bearerbox")), "-v", "2", str(self._conf))
        wait_until(lambda: listening(self.boxes) and listening(self.admin), 20, "bearerbox")
        self._run("smsbox", str(box("smsbox")), "-v", "2", str(self._conf))
        wait_until(lambda: listening(self.sendsms) and "smsbox" in self.status(), 20, "smsbox")
        return self

    def operator_on(self, text: str = "", times: int = 1) -> None:
        """The operator comes on the line, brings a text from a phone ("sender receiver text words") some times, and stays."""
        self.stop("fakesmsc")
        brings = ["-i", "0.1", "-m", str(times), text] if text else ["-m", "0", "1 2 text nothing"]
        self._run("fakesmsc", str(FAKESMSC), "-H", "127.0.0.1", "-r", str(self.operator), *brings)
        wait_until(lambda: "(online" in self.status(), 20, "the operator's line")

    def kill(self, *names: str) -> None:
        for name in names:
            self._end(name, signal.SIGKILL)

    def stop(self, *names: str) -> None:
        for name in names:
            self._end(name, signal.SIGTERM)

    def signal(self, name: str, number: int) -> None:
        self.running[name].send_signal(number)

    def ended(self, name: str) -> bool:
        return self.running[name].poll() is not None

    def received(self, phone: str) -> list[str]:
        """What the operator was handed for a phone, in order, over all its times on the line."""
        log = self.folder / "fakesmsc.log"
        return [got["words"] for got in GOT.finditer(log.read_text() if log.exists() else "") if got["phone"] == phone]

    def status(self) -> str:
        try:
            return requests.get(f"http://127.0.0.1:{self.admin}/status.txt", params={"password": "change-me-2"}, timeout=5).text
        except requests.RequestException:
            return ""

    def logs(self) -> str:
        return "".join(file.read_text() for file in self.folder.glob("*box.log"))

    def _run(self, name: str, *command: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, start_new_session=True)

    def _end(self, name: str, number: int) -> None:
        process = self.running.pop(name, None)
        if process is None:
            return
        process.send_signal(signal.SIGCONT)
        process.send_signal(number)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
