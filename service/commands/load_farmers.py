"""`load farmers FILE --group CODE`: a group's list of its farmers into the database, with an account of every row that needs one."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from conversations import entering
from core import audit, clock
from core.errors import NotFound
from jobs.runtime import Runtime
from profiles import farmer_files, organisations
from profiles.farmer_files import Report
from profiles.farmer_lines import Remark

SHOWN = 50  # remarks of a kind that are listed; JSON has all
DONE, NOTHING_USABLE, UNREADABLE = 0, 1, 2  # exit codes


def run(runtime: Runtime, file: Path, group_code: str, dry_run: bool, as_json: bool, echo: Callable[[str], object]) -> int:
    """Load a list; print the account through `echo`. Gives the exit code.

    0: read, whatever was bad in it · 1: not one row was usable · 2: the file cannot be used, or there is no such group.
    """
    now = runtime.now()
    try:
        with Progress(console=Console(stderr=True), transient=True, disable=as_json) as bar, runtime.transaction() as session:
            task = bar.add_task("farmers", total=None)
            country = runtime.settings.country
            report = farmer_files.load(
                session, file, group_code, now, country, dry_run, lambda done, of: bar.update(task, completed=done, total=of)
            )
            if report.added or report.joined:
                group = organisations.by_code(session, group_code)
                if not dry_run:
                    entering.tell_joined(session, group, report.joiners, clock.day(now, runtime.settings.zone), now, runtime.settings)
                counts = {"rows": report.rows, "added": report.added, "joined": report.joined, "bad": len(report.bad)}
                if not dry_run:
                    audit.note(session, "command", "farmers.imported", f"organisation:{group.id}", now, **counts)
    except NotFound as unknown:
        echo(json.dumps({"file": file.name, "error": str(unknown)}) if as_json else f"{unknown}")
        return UNREADABLE
    echo(
        json.dumps({name: value for name, value in asdict(report).items() if name != "joiners"}, indent=2)
        if as_json
        else "\n".join(told(report))
    )
    if report.refused:
        return UNREADABLE
    return DONE if report.added or report.known or report.repeated else NOTHING_USABLE


def told(report: Report) -> Iterator[str]:
    """The account in plain lines."""
    yield f"{report.file} for {report.group}: {report.rows:,} rows" + (" (dry run: nothing was kept)" if report.dry_run else "")
    if report.refused:
        yield f"  {report.refused}"
        return
    yield f"  added {report.added:,} ({report.without_phone:,} without a phone)"
    yield f"  known before {report.known:,} · twice in the file {report.repeated:,}"
    yield f"  joined the group {report.joined:,} of those known · bad {len(report.bad):,} · kept with a remark {len(report.flagged):,}"
    yield from (f"  {note}" for note in report.notes)
    yield from _listed("bad", report.bad)
    yield from _listed("kept, but", report.flagged)


def _listed(title: str, remarks: list[Remark]) -> Iterator[str]:
    for one in remarks[:SHOWN]:
        yield f"  row {one.row}, {title}: {one.column + ': ' if one.column else ''}{one.says}"
    if len(remarks) > SHOWN:
        yield f"  and {len(remarks) - SHOWN:,} more (--json lists all)"
