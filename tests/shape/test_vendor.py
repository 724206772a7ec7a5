"""What others wrote and we carry with us: unchanged, beside its licence, and credited on the page that says so."""

import hashlib
import re
from pathlib import Path

import pytest

from service.portal.about import LIBRARIES

STATIC = Path(__file__).parents[2] / "service" / "static"
FOLDERS = sorted(folder for folder in (STATIC / "vendor").iterdir() if folder.is_dir())


def test_every_library_that_we_carry_is_credited_and_no_other() -> None:
    assert {folder.name for folder in FOLDERS} == set(LIBRARIES)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_it_lies_beside_its_licence_which_is_the_one_we_name(folder: Path) -> None:
    assert len((folder / "LICENSE").read_text("utf-8")) > 500
    assert f"Licence: {LIBRARIES[folder.name].licence}," in (folder / "VENDOR.md").read_text("utf-8")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_each_file_of_it_is_as_it_was_published(folder: Path) -> None:
    written = dict(re.findall(r"\| (\S+) \| ([0-9a-f]{64}) \|", (folder / "VENDOR.md").read_text("utf-8")))
    found = {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in folder.iterdir() if one.name not in ("LICENSE", "VENDOR.md")}
    assert found == written


def test_scripts_and_styles_of_others_lie_nowhere_else() -> None:
    """Ours are written to be read: no line of theirs is."""
    ours = [one for one in STATIC.glob("*.*") if one.suffix in (".js", ".css")]
    assert ours
    assert [one.name for one in ours if max(map(len, one.read_text("utf-8").splitlines())) > 600] == []
