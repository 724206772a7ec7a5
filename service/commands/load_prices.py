"""`load prices FILE`: a file of prices into the database, in short transactions, with an account of what became of every line."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from content import markets, price_files, prices
from content.price_files import Layout, Row
from core import audit
from jobs.runtime import Runtime

CHUNK = 2000  # lines to a transaction: on SQLite a dial-in waits for one chunk at most, a fraction of a second
EXAMPLES = 5
ACTOR = "command"
DONE, NOTHING_USABLE, UNREADABLE = 0, 1, 2  # exit codes

Opens = Callable[[], AbstractContextManager[Session]]


@dataclass(slots=True)
class Tally:
    """How many, and the first few of them."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, example: str) -> None:
        self.count += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(example)


@dataclass(slots=True)
class Report:
    """The account of one load. `held`, `left_out` and `bad` are by reason; examples of lines name their place in the file."""

    file: str
    dry_run: bool
    read: int = 0
    new: int = 0
    unchanged: int = 0
    revised: Tally = field(default_factory=Tally)
    decided: Tally = field(default_factory=Tally)
    estimated: int = 0
    held: dict[str, Tally] = field(default_factory=dict)
    left_out: dict[str, Tally] = field(default_factory=dict)
    bad: dict[str, Tally] = field(default_factory=dict)
    seconds: float = 0.0


class Repeats:
    """What was read before, by all that makes a price one price: kept on disk, so that memory does not grow with the file."""

    def __init__(self) -> None:
        self.seen = sqlite3.connect("")
        self.seen.execute("CREATE TABLE seen (key TEXT PRIMARY KEY) WITHOUT ROWID")

    def first(self, row: Row) -> bool:
        place = row.place
        key = "\x1f".join((place.market_id or place.market, place.admin1, row.commodity, row.kind, row.unit, row.day.isoformat()))
        return self.seen.execute("INSERT OR IGNORE INTO seen VALUES (?)", (key,)).rowcount == 1


def run(
    runtime: Runtime, file: Path, echo: Callable[[str], Any], mapping: Path | None = None, dry_run: bool = False, as_json: bool = False
) -> int:
    """Load a file; print the account through `echo`, as JSON where asked. Gives the exit code.

    0: read, whatever was held or unreadable in it · 1: not one line was usable · 2: the file or its mapping cannot be used.
    A dry run does everything in one transaction and takes it back: on SQLite others who write wait for its end.
    """
    report = Report(file.name, dry_run)
    began = time.monotonic()
    try:
        layout = price_files.layout(mapping)
        with _opening(runtime, dry_run) as opens:
            _load(opens, runtime, file, layout, report)
    except price_files.Unreadable as wrong:
        echo(json.dumps({"file": file.name, "error": str(wrong)}) if as_json else str(wrong))
        return UNREADABLE
    report.seconds = round(time.monotonic() - began, 1)
    echo(json.dumps(asdict(report), indent=2) if as_json else "\n".join(told(report)))
    return DONE if report.new + report.unchanged + report.revised.count + report.decided.count else NOTHING_USABLE


@contextmanager
def _opening(runtime: Runtime, dry_run: bool) -> Iterator[Opens]:
    """How each step opens its transaction: its own, or all the same one that is rolled back."""
    if not dry_run:
        yield runtime.transaction
        return
    with runtime.sessions() as session:
        yield lambda: nullcontext(session)
        session.rollback()


def _load(opens: Opens, runtime: Runtime, file: Path, layout: Layout, report: Report) -> None:
    """Record chunk by chunk, then check commodity by commodity. Cut off between them, rows stay untold until the next load."""
    now = runtime.now()
    with opens() as session:
        register = markets.Register(session, layout.source)
    span: list[date] = []
    lines = _usable(price_files.read(file, layout), Repeats(), report)
    while chunk := list(islice(lines, CHUNK)):
        with opens() as session:
            done = prices.record(session, chunk, register, now, monthly=layout.monthly, actor=ACTOR, edition=file.name)
        _count(report, done)
        if done.new or done.revised:
            days = [row.day for row in chunk]
            span = [min([*span, *days]), max([*span, *days])]
    with opens() as session:
        waiting = prices.unchecked(session)
    for commodity in waiting:
        with opens() as session:
            for row, doubt in prices.check(session, commodity):
                where = f"{register.name_of(row.market_id)}, {commodity}, {row.kind}, {row.day:%Y-%m}"
                report.held.setdefault(doubt.code, Tally()).add(f"{where}: {doubt.says}")
    if span:
        with opens() as session:
            report.estimated = prices.mark_estimated(session, layout.source, *span)
            figures = {"read": report.read, "new": report.new, "revised": report.revised.count, "edition": file.name}
            audit.note(session, ACTOR, "prices.loaded", f"prices:{layout.source}", now, **figures)


def _usable(lines: Iterable[price_files.Line], repeats: Repeats, report: Report) -> Iterator[Row]:
    """The lines that can be recorded; the others are counted on the way."""
    for line in lines:
        report.read += 1
        if isinstance(line, price_files.Bad):
            report.bad.setdefault(line.why, Tally()).add(f"line {line.line}")
        elif isinstance(line, price_files.LeftOut):
            report.left_out.setdefault(line.why, Tally()).add(f"line {line.line}")
        elif repeats.first(line):
            yield line
        else:
            report.bad.setdefault("stands in the file before", Tally()).add(f"line {line.line}")


def _count(report: Report, done: prices.Recorded) -> None:
    report.new += done.new
    report.unchanged += done.unchanged
    for tally, changes in ((report.revised, done.revised), (report.decided, done.decided)):
        for change in changes:
            tally.add(f"{change.what}: {change.was:f} → {change.became:f}")
    for bad in done.bad:
        report.bad.setdefault(bad.why, Tally()).add(f"line {bad.line}")


def told(report: Report) -> Iterator[str]:
    """The account in plain lines."""
    yield f"{report.file}: {report.read:,} lines read in {report.seconds} s" + (" (dry run: nothing was kept)" if report.dry_run else "")
    yield f"  new {report.new:,} · unchanged {report.unchanged:,} · revised {report.revised.count:,}"
    yield f"  marked as estimated {report.estimated:,}"
    yield from _listed("revised by this edition", {"another amount than before": report.revised})
    yield from _listed("left as a person decided, though this edition says otherwise", {"differs": report.decided})
    yield from _listed("held for a person", report.held)
    yield from _listed("left out", report.left_out)
    yield from _listed("could not be used", report.bad)


def _listed(title: str, tallies: dict[str, Tally]) -> Iterator[str]:
    total = sum(tally.count for tally in tallies.values())
    if total:
        yield f"  {title}: {total:,}"
    for why, tally in sorted(tallies.items(), key=lambda pair: -pair[1].count):
        if tally.count:
            yield f"    {why}: {tally.count:,}"
            yield from (f"      {example}" for example in tally.examples)
