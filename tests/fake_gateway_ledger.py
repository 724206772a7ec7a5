"""What the fake gateway was asked, took and answered, in an SQLite file of its own: the oracle for "nothing is sent twice"."""

import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS calls (call INTEGER PRIMARY KEY, path TEXT, mode TEXT, keyed INTEGER, phones INTEGER, body_hash TEXT, at REAL);
CREATE TABLE IF NOT EXISTS accepted (call INTEGER, body_hash TEXT, phone TEXT, gateway_id TEXT, cost TEXT, accepted_at REAL);
CREATE TABLE IF NOT EXISTS responded (call INTEGER PRIMARY KEY, status INTEGER, responded_at REAL);
"""
INSERTS = {
    "calls": "INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?, ?)",
    "accepted": "INSERT INTO accepted VALUES (?, ?, ?, ?, ?, ?)",
    "responded": "INSERT INTO responded VALUES (?, ?, ?)",
}
EVERY = 0.05  # seconds between two writes: rows are put down many at a time, a call never waits for the disk


@dataclass(frozen=True, slots=True)
class Call:
    """One request of any kind. `keyed`: 1 with an apiKey header. `status` is None where it was never answered whole."""

    call: int
    path: str
    mode: str
    keyed: int
    phones: int
    body_hash: str
    at: float
    status: int | None


@dataclass(frozen=True, slots=True)
class Accepted:
    """One phone that the gateway took, answered or not. `cost` as it is told: "UGX 25.0000"."""

    call: int
    body_hash: str
    phone: str
    gateway_id: str
    cost: str
    accepted_at: float


class Ledger:
    """Rows may be put from any thread. Every reading sees all that was put before it."""

    def __init__(self, path: Path | str) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=OFF")
        self._connection.executescript(SCHEMA)
        self.last_call = self._connection.execute("SELECT coalesce(max(call), 0) FROM calls").fetchone()[0]
        self._pending: dict[str, list[tuple[Any, ...]]] = {table: [] for table in INSERTS}
        self._putting, self._writing = threading.Lock(), threading.Lock()
        self._closing = threading.Event()
        self._writer = threading.Thread(target=self._write_on, daemon=True)
        self._writer.start()

    def put(self, table: str, *rows: tuple[Any, ...]) -> None:
        with self._putting:
            self._pending[table].extend(rows)

    def flush(self) -> None:
        with self._writing:
            with self._putting:
                pending, self._pending = self._pending, {table: [] for table in INSERTS}
            if any(pending.values()):
                self._connection.execute("BEGIN")
                for table, rows in pending.items():
                    self._connection.executemany(INSERTS[table], rows)
                self._connection.execute("COMMIT")

    def calls(self) -> list[Call]:
        rows = self._read(
            "SELECT c.call, path, mode, keyed, phones, body_hash, at, status FROM calls c LEFT JOIN responded USING (call) ORDER BY c.call"
        )
        return [Call(*row) for row in rows]

    def accepted(self) -> list[Accepted]:
        return [Accepted(*row) for row in self._read("SELECT * FROM accepted ORDER BY rowid")]

    def twice(self) -> list[tuple[str, str, int]]:
        """Body hash, phone and count of every text that was taken more than once: empty is what is promised."""
        return self._read("SELECT body_hash, phone, count(*) FROM accepted GROUP BY body_hash, phone HAVING count(*) > 1")

    def counts(self) -> dict[str, int]:
        return {table: self._read(f"SELECT count(*) FROM {table}")[0][0] for table in INSERTS}

    def close(self) -> None:
        self._closing.set()
        self._writer.join()
        self.flush()
        self._connection.close()

    def _read(self, query: str) -> list[tuple[Any, ...]]:
        self.flush()
        with self._writing:
            return self._connection.execute(query).fetchall()

    def _write_on(self) -> None:
        while not self._closing.wait(EVERY):
            self.flush()
