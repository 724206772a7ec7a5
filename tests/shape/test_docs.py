"""What the documents name exists: benchmarks, commands, files."""

import re
from pathlib import Path

from bench.__main__ import BENCHMARKS
from service.__main__ import COMMANDS

ROOT = Path(__file__).parents[2]


def test_every_benchmark_is_in_the_document_of_speed():
    written = (ROOT / "docs" / "performance.md").read_text()
    assert [name for name in BENCHMARKS if f"python -m bench {name}" not in written] == []


def test_the_readme_names_files_and_commands_that_exist():
    readme = (ROOT / "README.md").read_text()
    files = re.findall(r"`((?:core|messaging|profiles|content|conversations|jobs|service|tests|docs|migrations)/[\w/.]+\.\w+)`", readme)
    assert files
    assert [file for file in files if not (ROOT / file).exists()] == []
    words = set(re.findall(r"`(web|worker|clock|migrate|doctor|demo)`", readme))
    assert words <= set(COMMANDS)


def test_each_file_tells_its_story_first_and_is_short():
    rooms = ("core", "messaging", "profiles", "content", "linkage", "conversations", "jobs", "service", "bench")
    long, silent = [], []
    for room in rooms:
        for file in (ROOT / room).rglob("*.py"):
            lines = file.read_text().splitlines()
            if len(lines) > 300:
                long.append(f"{file}: {len(lines)}")
            if lines and not lines[0].startswith('"""'):
                silent.append(str(file))
    assert (long, silent) == ([], [])
