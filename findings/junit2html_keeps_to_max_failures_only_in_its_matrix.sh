#!/usr/bin/env bash
# junit2html turns a junit file into a page and ends with 0, although more failed than --max-failures allows.
# junit2html 31.1.4 on a junit file of pytest 9.2.0 (Python 3.11, Linux, November 2026): one test passes, two fail.
# `--max-failures 1` is described as making the exit code non-zero from one failure on, without effect where files are
# merged. Seen:
#   - with --summary-matrix it is 2, the number of failures;
#   - where a page is written, which is what the command is for, the option is taken and the exit code is 0.
# A CI step that makes the page and guards with the same command is green whatever failed. Fails if any of this changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install -q pytest==9.2.0 junit2html==31.1.4
cd "$work"
cat > test_shop.py <<'TEST'
import time

import pytest


@pytest.mark.parametrize("lift", [0.2, 0.05, 0.01])
def test_lift_is_kept(lift):
    time.sleep(0.01)
    assert lift >= 0.1
TEST
"$work/env/bin/python" -m pytest -q -p no:cacheprovider --junitxml=junit.xml test_shop.py >output.txt || true
tail -n 1 output.txt
grep -q '^2 failed, 1 passed' output.txt

ended() { # the exit code of a command, whose words are of no interest
  local code=0
  "$@" >/dev/null 2>&1 || code=$?
  echo "$code"
}
matrix=$(ended env/bin/junit2html --summary-matrix --max-failures 1 junit.xml)
page=$(ended env/bin/junit2html --max-failures 1 junit.xml page.html)
echo "exit codes with --max-failures 1: matrix $matrix, page $page"
grep -q 'test_lift_is_kept' page.html
[ "$matrix" = 2 ]
[ "$page" = 0 ]
