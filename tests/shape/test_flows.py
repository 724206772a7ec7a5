"""The ways drawn in docs/flows.md are the ways of the code: every name in them exists, and every job has one."""

import importlib
import re
from functools import reduce
from pathlib import Path

import pytest

from jobs.table import JOBS

FLOWS = (Path(__file__).parents[2] / "docs" / "flows.md").read_text()
NAME = re.compile(r"\b(?:core|messaging|profiles|content|linkage|conversations|jobs|service|migrations)(?:\.[a-zA-Z_]\w*)+")
WAKE = re.compile(r"⇢ (\w+)")


def exists(name: str) -> bool:
    """Whether a dotted name is a module, or something that stands in one."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            module = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError as absent:
            if not name.startswith(str(absent.name)):
                raise
            continue
        try:
            reduce(getattr, parts[length:], module)
        except AttributeError:
            return False
        return True
    return False


def test_every_name_in_the_drawings_exists() -> None:
    names = set(NAME.findall(FLOWS))
    assert len(names) > 80
    assert sorted(name for name in names if not exists(name)) == []


@pytest.mark.parametrize("name", ["jobs.fire.extinguish", "jobs.nothing.nothing", "nowhere.at.all", "linkage.credit.pull.twice"])
def test_a_name_that_is_nowhere_is_found_out(name: str) -> None:
    assert not exists(name)


def test_every_job_has_a_way_and_every_wake_a_job() -> None:
    assert [job for job in JOBS if f"jobs.{job}.{job}" not in FLOWS] == []
    assert set(WAKE.findall(FLOWS)) - {"job"} <= set(JOBS)


def test_links_within_the_document_lead_to_a_heading() -> None:
    headings = re.findall(r"^## (.+)$", FLOWS, re.M)
    anchors = {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}
    assert [link for link in re.findall(r"\]\(#([^)]+)\)", FLOWS) if link not in anchors] == []
