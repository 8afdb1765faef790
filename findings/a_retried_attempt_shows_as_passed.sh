#!/usr/bin/env bash
# A failed attempt that pytest-retry repeats leaves no trace in pytest-html and junit.
# pytest-retry 1.7.0 beside pytest-html 4.2.0 and pytest's own junit, pytest 9.2.0 (Python 3.11, Linux, November 2026):
# a test fails once and passes when it is tried again. pytest's last line says "1 passed, ... 1 retried", but
#   - the HTML page has two rows for the test and both say "Passed", the failed attempt's too;
#   - the junit file has one test case without failure, error, rerun or flaky element; only a property that the test itself
#     recorded on both attempts stands there twice.
# So who reads the page or the junit file cannot see that anything had failed. Fails if any of this changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install -q pytest==9.2.0 pytest-retry==1.7.0 pytest-html==4.2.0
cd "$work"
cat > test_once.py <<'TEST'
import pathlib

TRIES = pathlib.Path(__file__).with_name("tries")


def test_second_time_lucky(record_property):
    tries = int(TRIES.read_text()) + 1 if TRIES.exists() else 1
    TRIES.write_text(str(tries))
    record_property("try", tries)
    assert tries == 2
TEST
"$work/env/bin/python" -m pytest -q -p no:cacheprovider --retries 1 --html=page.html --self-contained-html \
  --junitxml=junit.xml test_once.py | tee output.txt | tail -n 1
grep -Eq "^1 passed.* 1 retried" output.txt
"$work/env/bin/python" - <<'CHECK'
import html, json, re
import xml.etree.ElementTree as xml

blob = re.search(r'data-jsonblob="([^"]*)"', open("page.html").read())[1]
(rows,) = json.loads(html.unescape(blob))["tests"].values()
shown = [row["result"] for row in rows]
print("rows of the page:", shown)
assert shown == ["Passed", "Passed"], shown

cases = list(xml.parse("junit.xml").iter("testcase"))
inside = [child.tag for case in cases for child in case]
tries = [one.get("value") for one in xml.parse("junit.xml").iter("property") if one.get("name") == "try"]
print("test cases in junit:", len(cases), "with", inside, "property try:", tries)
assert (len(cases), inside, tries) == (1, ["properties"], ["1", "2"])
CHECK
