"""`load places DIR`: the country's own list of places into the database, with an account of every file."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from core import audit
from jobs.runtime import Runtime
from profiles import place_files, places
from profiles.place_files import FileReport

SHOWN = 20  # bad rows of a file that are listed; JSON has all
DONE, NOTHING_USABLE, UNREADABLE = 0, 1, 2  # exit codes


def run(runtime: Runtime, folder: Path, dry_run: bool, as_json: bool, echo: Callable[[str], object]) -> int:
    """Load the six files; print the account through `echo`. Gives the exit code.

    0: read, whatever was bad in it · 1: not one row was usable · 2: a file is missing or cannot be read.
    """
    with Progress(console=Console(stderr=True), transient=True, disable=as_json) as bar, runtime.transaction() as session:
        task = bar.add_task("places", total=len(place_files.FILES) + 1)
        savepoint = session.begin_nested()
        reports = place_files.load(session, folder, lambda file, done, of: bar.update(task, advance=1, description=file))
        places.locate(session)
        if dry_run:
            savepoint.rollback()
        elif any(report.new or report.changed for report in reports):
            counts = {report.file: [report.new, report.changed] for report in reports}
            audit.note(session, "command", "places.loaded", "places", runtime.now(), **counts)
    account = {"dry_run": dry_run, "files": [asdict(report) for report in reports]}
    echo(json.dumps(account, indent=2) if as_json else "\n".join(told(reports, dry_run)))
    if any(report.refused for report in reports):
        return UNREADABLE
    return DONE if any(report.new or report.changed or report.unchanged for report in reports) else NOTHING_USABLE


def told(reports: list[FileReport], dry_run: bool) -> Iterator[str]:
    """The account in plain lines."""
    if dry_run:
        yield "Dry run: nothing was kept."
    for one in reports:
        counts = f"new {one.new:,} · changed {one.changed:,} · unchanged {one.unchanged:,} · bad {len(one.bad):,}"
        yield f"{one.file}: {one.rows:,} rows: {counts}"
        if one.refused:
            yield f"  {one.refused}"
        yield from (f"  row {row}: {says}" for row, says in one.bad[:SHOWN])
        if len(one.bad) > SHOWN:
            yield f"  and {len(one.bad) - SHOWN:,} more (--json lists all)"
