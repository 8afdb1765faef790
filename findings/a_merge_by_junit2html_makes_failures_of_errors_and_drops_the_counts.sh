#!/usr/bin/env bash
# Merged by junit2html, tests that could not be set up stand as failed ones, and the suites no longer say how many there are.
# junit2html 31.1.4 on two junit files of pytest 9.2.0 (Python 3.11, Linux, November 2026): in each, one test passes, one
# fails, and one meets an error before it starts, because its service is down. pytest counts 3 tests, 1 failure, 1 error.
# `junit2html --merge` writes one file with both suites, in which
#   - both errors are <failure> elements: "the service was not there" cannot be told from "the lift is too small";
#   - the attributes tests, failures, errors and skipped are gone, so that whoever sums them up (many CI steps do) finds none.
# junitparser 5.0.3 merges the same files with both kept. Fails if any of this changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install -q pytest==9.2.0 junit2html==31.1.4 junitparser==5.0.3
cd "$work"
cat > test_shop.py <<'TEST'
import pytest


@pytest.fixture
def service():
    raise ConnectionError("nobody answers")


def test_catalogue_is_covered():
    assert True


def test_lift_is_kept():
    assert 0.05 >= 0.1


def test_boost_moves_an_item(service):
    assert service
TEST
for slice in one two; do
  "$work/env/bin/python" -m pytest -q -p no:cacheprovider "--junitxml=$slice.xml" test_shop.py >output.txt || true
done
tail -n 1 output.txt
env/bin/junit2html --merge by_junit2html.xml one.xml two.xml
env/bin/junitparser merge one.xml two.xml by_junitparser.xml
env/bin/python - <<'CHECK'
import xml.etree.ElementTree as xml

COUNTS = ("tests", "failures", "errors", "skipped")


def told(name):
    """Elements that are failures and errors, and what the suites count, together."""
    tree = xml.parse(name)
    found = tuple(len(list(tree.iter(tag))) for tag in ("failure", "error"))
    suites = list(tree.iter("testsuite"))
    counts = {key: sum(int(one.get(key)) for one in suites) for key in COUNTS if all(one.get(key) for one in suites)}
    print(f"{name}: {found[0]} failures, {found[1]} errors, counts {counts}")
    return found, counts


assert told("one.xml") == ((1, 1), {"tests": 3, "failures": 1, "errors": 1, "skipped": 0})
assert told("by_junitparser.xml") == ((2, 2), {"tests": 6, "failures": 2, "errors": 2, "skipped": 0})
assert told("by_junit2html.xml") == ((4, 0), {})
CHECK
