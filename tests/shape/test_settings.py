"""Settings, .env.example and the README say the same."""

import re
from pathlib import Path

from core.settings import Settings

ROOT = Path(__file__).parents[2]


def test_every_setting_is_in_the_example_with_its_default():
    written = dict(re.findall(r"^([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.M))
    fields = {}
    for name, field in Settings.model_fields.items():
        default = field.default
        fields[name.upper()] = default.get_secret_value() if hasattr(default, "get_secret_value") else str(default)
    assert written == fields


def test_the_readme_names_every_setting():
    readme = (ROOT / "README.md").read_text()
    assert [name for name in Settings.model_fields if name.upper() not in readme] == []


def test_the_readme_is_short_enough_to_be_read():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150
