#!/usr/bin/env bash
# Ctrl-C while a test's report is made ends a run of pytest with exit code 2 ("interrupted"). Beside pytest-html, and with
# `-W error`, it is an INTERNALERROR with exit code 3 and a hundred lines of traceback: CI takes a stopped run for a broken pytest.
# pytest 9.2.0, pluggy 1.7.0, pytest-html 4.2.0 (Python 3.11, Linux, November 2026). pytest-html wraps the making of reports in
# the way of old (`hookwrapper=True`) and asks for the outcome in its second half, where the KeyboardInterrupt comes out again.
# pluggy takes what is raised there for a fault of the wrapper and warns (PluggyTeardownRaisedWarning); as an error that warning takes
# the interrupt's place. Here a signal is sent at that moment. Without `-W error`, or without pytest-html, the code is 2.
# Fails if any of this changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install -q pytest==9.2.0 pluggy==1.7.0 pytest-html==4.2.0
cd "$work"
cat > conftest.py <<'PLUGIN'
import os
import signal


def pytest_runtest_makereport(item, call):
    if call.when == "call":
        os.kill(os.getpid(), signal.SIGINT)  # as a terminal does on Ctrl-C
PLUGIN
printf 'def test_lift_is_kept():\n    assert 0.2 >= 0.1\n' > test_shop.py

ends() { # WHAT CODE WORDS: how a run ends, and what it must say
  local what=$1 code=$2 words=$3 seen=0
  shift 3
  env/bin/python -m pytest -p no:cacheprovider "$@" >said.txt 2>&1 || seen=$?
  echo "$what: exit code $seen, $(grep -c INTERNALERROR said.txt || true) lines of INTERNALERROR"
  test "$seen" = "$code"
  grep -q "$words" said.txt
}

ends "with pytest-html, warnings are errors" 3 PluggyTeardownRaisedWarning -W error
ends "with pytest-html" 2 "1 warning" -W default
ends "without it, warnings are errors" 2 "no tests ran" -W error -p no:html
