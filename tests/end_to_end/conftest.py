"""The chapters of the stories say what they found as the tests do."""

import pytest

pytest.register_assert_rewrite("tests.end_to_end.cast", "tests.end_to_end.farm", "tests.end_to_end.market", "tests.end_to_end.people")
