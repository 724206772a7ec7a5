"""Callbacks that wait on disk while the database takes nothing: a line each, written through to the disk before it is answered.

A file belongs to the process that appends to it. Whoever hands in first renames what lies there, so that nobody appends to it any
more; a file goes when all its lines are committed, and how many of them are stands beside it meanwhile.

    1f3a-27.lines ──rename──▶ 1f3a-27-9c2e.taken (+ .done: lines committed) ──▶ gone
"""

import fcntl
import json
import os
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from heapq import merge
from itertools import islice
from pathlib import Path

from core.errors import Misconfigured

OPEN, TAKEN, DONE = ".lines", ".taken", ".done"
LOCK = "handing-in.lock"
CHECK = 16  # hex digits of a line's checksum


@dataclass(frozen=True, slots=True)
class Post:
    """One callback as it came: of what kind, to whose door, its bytes, and when we got it."""

    kind: str
    gateway: str
    type: str
    body: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file. `post` is None where it cannot be read; `raw` is what stands there."""

    file: Path
    raw: bytes
    post: Post | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What lies in the spool: how many bytes, and since when."""

    bytes: int = 0
    since: datetime | None = None


def prepare(folder: Path) -> None:
    """Make the folder, for us alone, and write to it once. Raises Misconfigured when a callback could not be kept there."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        trial = folder / f"trial-{secrets.token_hex(4)}"
        _append(trial, b"trial\n")
        trial.unlink()
    except OSError as wrong:
        says = f"SPOOL_DIR={folder} cannot be written to ({wrong.strerror or wrong}): texts would be lost while the database is down"
        raise Misconfigured(says) from wrong


def keep(folder: Path, post: Post) -> None:
    """Append one callback and wait until the disk has it. Raises OSError when it may not have it: then nothing was promised."""
    _append(folder / f"{os.getpid():x}{OPEN}", written(post))


def written(post: Post) -> bytes:
    """A line: its checksum and what came. It begins with a line's end too, so that half a line before it spoils nothing."""
    facts = {
        "kind": post.kind,
        "gateway": post.gateway,
        "type": post.type,
        "body": b64encode(post.body).decode(),
        "at": post.at.isoformat(),
    }
    told = json.dumps(facts, separators=(",", ":")).encode()
    return b"\n" + _check(told) + b" " + told + b"\n"


def read(raw: bytes) -> Post | None:
    """The callback of one line; None where bytes are missing or changed."""
    check, _, told = raw.partition(b" ")
    if check != _check(told):
        return None
    facts = json.loads(told)
    return Post(facts["kind"], facts["gateway"], facts["type"], b64decode(facts["body"]), datetime.fromisoformat(facts["at"]))


def waiting(folder: Path) -> Waiting:
    """How much waits, and since when: the time of the oldest line that can be read, else of its file."""
    found = [(path, path.stat()) for path in _files(folder, OPEN, TAKEN)]
    if not found:
        return Waiting()
    return Waiting(
        sum(seen.st_size for _, seen in found), min(_since(path) or datetime.fromtimestamp(seen.st_mtime, UTC) for path, seen in found)
    )


@contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """Hold the one right to hand in from this folder; False when another process has it. It ends with its holder."""
    with open(folder / LOCK, "ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def take(folder: Path) -> None:
    """Close what lies there to further lines."""
    for path in _files(folder, OPEN):
        with open(path, "rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)  # its writer is between two lines
            path.rename(path.with_name(f"{path.stem}-{secrets.token_hex(4)}{TAKEN}"))


def lines(folder: Path) -> Iterator[Line]:
    """Every line that was taken and is not committed yet, of all files together, in the order in which they came."""
    return (
        line
        for _, _, line in merge(*(_in_order(number, path) for number, path in enumerate(_files(folder, TAKEN))), key=lambda one: one[:2])
    )


def committed(file: Path, more: int) -> None:
    """So many further lines of a file are in the database."""
    new = file.with_suffix(".new")
    new.write_text(str(_done(file) + more), "ascii")
    new.replace(file.with_suffix(DONE))


def clear(folder: Path) -> None:
    """Delete what was taken: all of it is in the database."""
    for path in _files(folder, TAKEN):
        path.unlink()
        path.with_suffix(DONE).unlink(missing_ok=True)


def _append(path: Path, line: bytes) -> None:
    while True:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if _is_still(path, handle):
                _write(handle, line)
                _sync(path.parent)
                return
        finally:
            os.close(handle)


def _is_still(path: Path, handle: int) -> bool:
    """Whether the open file still lies at its path, and was not taken between the opening and the lock."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(handle))
    except FileNotFoundError:
        return False


def _write(handle: int, line: bytes) -> None:
    before = os.fstat(handle).st_size
    try:
        if os.write(handle, line) != len(line):
            raise OSError("only a part of the line was written")
        os.fsync(handle)
    except OSError:
        os.ftruncate(handle, before)
        raise


def _sync(folder: Path) -> None:
    """The name of a new file is on the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _files(folder: Path, *kinds: str) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix in kinds)


def _raw(path: Path) -> Iterator[bytes]:
    with open(path, "rb") as held:
        yield from (line.rstrip(b"\n") for line in held if line.strip())


def _in_order(number: int, path: Path) -> Iterator[tuple[datetime, int, Line]]:
    """The lines of one file with their times; one that cannot be read stays behind the one before it."""
    last = datetime.min.replace(tzinfo=UTC)
    for raw in islice(_raw(path), _done(path), None):
        post = read(raw)
        last = max(last, post.at) if post else last
        yield last, number, Line(path, raw, post)


def _done(file: Path) -> int:
    beside = file.with_suffix(DONE)
    return int(beside.read_text("ascii")) if beside.exists() else 0


def _since(path: Path) -> datetime | None:
    post = next((found for raw in _raw(path) if (found := read(raw))), None)
    return post.at if post else None


def _check(told: bytes) -> bytes:
    return sha256(told).hexdigest()[:CHECK].encode()
