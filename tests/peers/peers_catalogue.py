"""Other people's pytest plugins, how each is made active, and in what a run beside it may differ from a plain one."""

from __future__ import annotations

from peers_model import FAILING, PASSING, WAVERING, Peer

FLAKY = {WAVERING: ("test_own.py::test_wavers flaky, not failed",)}
FLAKY_WHY = "what failed and then passed is flaky and blocks"
TWICE_WHY = "the repetitions of a check of one's own are checks of their own, and all must pass"
PART_WHY = "a part proves nothing about the rest"
NOTHING_RAN = "25 of 25 checks did not run"
FROZEN = """\
import pytest
{imports}

@pytest.fixture(autouse=True)
def frozen():
    with {call}:
        yield
"""


def twice(*names: str) -> dict[str, tuple[str, ...]]:
    """Differences where the user's own check is made twice, under these names."""
    own = ", ".join(f"test_own.py::test_wavers {name}" for name in names)
    return {WAVERING: ("1 of 26 checks did not run", f"more checks: {own}")}


def part(missing: int, *, fails: bool) -> dict[str, tuple[str, ...]]:
    """Differences where that many checks are taken away, and whether the part has a check that fails."""
    lacking = f"{missing} of 25 checks did not run"
    other = () if fails else ("exit code 0, not 1", "verdict partial, not must_not_go")
    return {PASSING: ("verdict partial, not may_go", lacking), FAILING: (*other, lacking)}


TRYING_AGAIN = (
    Peer(
        "pytest-rerunfailures",
        "16.7",
        "runs failed tests again",
        ("--reruns", "2"),
        workers=True,
        wavers=True,
        differs=FLAKY,
        because=FLAKY_WHY,
    ),
    Peer(
        "pytest-retry",
        "1.7.0",
        "runs failed tests again",
        ("--retries", "2"),
        workers=True,
        wavers=True,
        differs=FLAKY,
        because=FLAKY_WHY,
    ),
    Peer(
        "flaky",
        "3.8.1",
        "runs failed tests again",
        ("--force-flaky", "--max-runs=2"),
        wavers=True,
        differs=FLAKY,
        because=FLAKY_WHY,
    ),
    Peer(
        "pytest-repeat",
        "0.9.4",
        "runs every test twice",
        ("--count", "2"),
        workers=True,
        wavers=True,
        differs=twice("1-2", "2-2"),
        because=TWICE_WHY,
    ),
    Peer(
        "pytest-flakefinder",
        "1.1.0",
        "runs every test twice",
        ("--flake-finder", "--flake-runs=2"),
        wavers=True,
        differs=twice("0", "1"),
        because=TWICE_WHY,
    ),
)
PARTS = (
    Peer(
        "pytest-shard",
        "0.1.2",
        "runs a part",
        ("--num-shards", "2", "--shard-id", "0"),
        workers=True,
        differs=part(14, fails=True),
        because=PART_WHY,
    ),
    Peer(
        "pytest-split",
        "0.11.0",
        "runs a part",
        ("--splits", "2", "--group", "1"),
        workers=True,
        differs=part(12, fails=False),
        because=f"{PART_WHY}; what fails is in the other part",
    ),
    Peer(
        "pytest-test-groups",
        "1.2.1",
        "runs a part",
        ("--test-group-count", "3", "--test-group", "1"),
        differs=part(16, fails=False),
        because=f"{PART_WHY}; what fails is in another part",
    ),
    Peer(
        "pytest-picked",
        "0.5.1",
        "runs tests of changed files",
        ("--picked",),
        differs={
            PASSING: ("exit code 5, not 0", "verdict incomplete, not may_go", NOTHING_RAN),
            FAILING: ("exit code 5, not 1", "verdict incomplete, not must_not_go", NOTHING_RAN),
        },
        because="no file had changed, so nothing was run",
    ),
    Peer("pytest-testmon", "2.2.0", "runs tests of changed code", ("--testmon",)),
    Peer("pytest-skip-slow", "1.1.0", "skips tests marked slow"),
)
ORDER = (
    Peer("pytest-randomly", "5.1.0", "shuffles", workers=True),
    Peer("pytest-random-order", "1.2.0", "shuffles", ("--random-order",), workers=True),
    Peer("pytest-reverse", "1.9.0", "turns the order round", ("--reverse",)),
    Peer("pytest-order", "1.5.0", "orders by marks", ("--indulgent-ordering",)),
    Peer("pytest-dependency", "0.6.1", "skips what depends on a failure"),
    Peer("pytest-depends", "1.0.1", "orders by dependence"),
)
PROCESSES = (
    Peer("pytest-xdist", "3.8.0", "spreads tests over processes", ("--dist", "loadfile"), workers=True),
    Peer("pytest-forked", "1.7.5", "a process for every test", ("--forked",), pytest="8.4.2"),
    Peer("pytest-run-parallel", "0.10.0", "every test in two threads", ("--parallel-threads=2",)),
)
LIMITS = (
    Peer("pytest-timeout", "2.4.0", "ends tests that take too long", ("--timeout", "60"), workers=True),
    Peer("pytest-fail-slow", "0.6.0", "fails tests that take too long", ("--fail-slow", "60s")),
)
REPORTS = (
    Peer(
        "pytest-html", "4.2.0", "an HTML report", ("--html=page.html", "--self-contained-html"), workers=True
    ),
    Peer("pytest-metadata", "3.1.1", "facts for other reports", ("--metadata", "team", "search")),
    Peer("pytest-json-report", "1.5.0", "a JSON report", ("--json-report",), workers=True),
    Peer("pytest-json-ctrf", "0.6.1", "a CTRF report", ("--ctrf", "ctrf.json")),
    Peer("pytest-reportlog", "1.0.0", "a line for every report", ("--report-log=log.jsonl",), workers=True),
    Peer("pytest-md-report", "0.8.0", "a Markdown table", ("--md-report",)),
    Peer("pytest-csv", "3.0.0", "a CSV file", ("--csv", "tests.csv")),
    Peer("allure-pytest", "2.16.2", "files for Allure", ("--alluredir", "allure"), workers=True),
    Peer("teamcity-messages", "1.33", "lines for TeamCity", ("--teamcity",)),
    Peer("pytest-azurepipelines", "1.0.5", "uploads for Azure"),
    Peer(
        "pytest-github-actions-annotate-failures",
        "0.4.2",
        "annotations for GitHub",
        env={"GITHUB_ACTIONS": "true"},
    ),
    Peer("pytest-tap", "3.5", "a TAP report", ("--tap-stream",), pytest="8.4.2"),
    Peer("pytest-opentelemetry", "1.1.0", "a span for every test"),
    Peer("pytest-durations", "1.10.0", "times of fixtures and tests", ("--pytest-durations", "5")),
    Peer("pytest-reportportal", "5.6.13", "reports to a server"),
    Peer("pytest-harvest", "1.10.5", "collects results"),
)
OUTPUT = (
    Peer("pytest-sugar", "1.1.1", "another progress", workers=True),
    Peer("pytest-rich", "0.3.0", "another terminal", ("--rich",)),
    Peer("pytest-pretty", "1.3.0", "another summary"),
    Peer("pytest-instafail", "0.5.0", "failures at once", ("--instafail",)),
    Peer("pytest-clarity", "1.0.1", "another comparison in failures"),
    Peer("pytest-icdiff", "0.9", "another comparison in failures"),
    Peer("pytest-progress", "1.4.0", "another progress", ("--show-progress",)),
    Peer("pytest-tldr", "0.2.6", "a short output"),
    Peer("pytest-spec", "6.1.0", "sentences for names", ("--spec",)),
)
LOOPS = (
    Peer("pytest-asyncio", "1.5.0", "asynchronous tests", ("--asyncio-mode=auto",)),
    Peer("anyio", "4.16.0", "asynchronous tests"),
    Peer("pytest-trio", "0.8.0", "asynchronous tests"),
    Peer("pytest-twisted", "1.14.3", "asynchronous tests", ("--reactor=asyncio",), more=("twisted",)),
)
NETWORK = (
    Peer(
        "pytest-socket",
        "0.8.1",
        "blocks sockets",
        ("--disable-socket",),
        differs={
            PASSING: ("exit code 4, not 0", "verdict none, not may_go", NOTHING_RAN),
            FAILING: ("exit code 4, not 1", "verdict none, not must_not_go", NOTHING_RAN),
        },
        because="no check could be made; one sentence names the option of the next row",
    ),
    Peer(
        "pytest-socket",
        "0.8.1",
        "blocks sockets, ours not",
        ("--disable-socket", "--allow-hosts=127.0.0.1"),
    ),
    Peer(
        "pytest-recording",
        "0.14.1",
        "blocks sockets, ours not",
        ("--block-network", "--allowed-hosts=127.0.0.1"),
    ),
    Peer("pytest-remotedata", "0.4.2", "blocks other hosts", ("--remote-data=none",)),
    Peer("pytest-vcr", "1.0.2", "replays answers", ("--vcr-record=none",)),
    Peer("pytest-httpx", "0.36.2", "answers for httpx"),
    Peer("pytest-responses", "0.6.0", "answers for requests"),
    Peer("pytest-httpserver", "1.2.0", "a server for tests"),
    Peer("pytest-playwright", "0.10.0", "a browser; --base-url too"),
)
CLOCKS = (
    Peer(
        "pytest-freezer",
        "0.4.9",
        "stops the clock, here at 2020",
        files={
            "conftest.py": FROZEN.format(
                imports="import freezegun", call='freezegun.freeze_time("2020-02-29")'
            )
        },
    ),
    Peer("pytest-freezegun", "0.4.2", "stops the clock where marked"),
    Peer(
        "time-machine",
        "3.6.0",
        "moves the clock, here to 2020",
        files={
            "conftest.py": FROZEN.format(
                imports="import time_machine", call='time_machine.travel("2020-02-29")'
            )
        },
    ),
)
MEASURING = (
    Peer("pytest-cov", "7.1.0", "measures coverage", ("--cov", "--cov-report=term"), workers=True),
    Peer("pytest-benchmark", "5.3.1", "measures time", ("--benchmark-disable",)),
    Peer("pytest-memray", "1.11.0", "measures memory", ("--memray",)),
    Peer("pytest-profiling", "1.8.1", "profiles", ("--profile",)),
    Peer("pytest-monitor", "1.6.6", "measures time and memory", pytest="8.4.2"),
)
ASSERTIONS = (
    Peer("pytest-check", "3.0.3", "goes on after a failure"),
    Peer("pytest-assume", "2.4.3", "goes on after a failure"),
    Peer("pytest-subtests", "0.15.0", "parts of a test", pytest="8.4.2"),
    Peer("typeguard", "4.6.0", "checks types while running", ("--typeguard-packages=pytest_recsim",)),
    Peer("syrupy", "7.0.1", "snapshots"),
    Peer("pytest-cases", "3.10.1", "parametrises", pytest="8.4.2"),
    Peer("hypothesis", "6.170.15", "property tests"),
)
PROJECTS = (
    Peer("pytest-mock", "3.17.0", "replaces objects"),
    Peer(
        "pytest-env",
        "1.8.5",
        "sets variables, here TZ",
        files={"pytest.ini": "[pytest]\nenv =\n    TZ=Asia/Tokyo\n    PYTHONHASHSEED=0\n"},
    ),
    Peer("pytest-dotenv", "0.5.2", "reads .env", files={".env": "BRAND_CAP=1\n"}),
    Peer("pytest-django", "4.14.0", "Django projects", more=("django",)),
    Peer("pytest-flask", "1.3.0", "Flask projects"),
    Peer("pytest-bdd", "9.0.1", "scenarios in Gherkin"),
    Peer("pytest-docker", "3.2.6", "containers"),
    Peer("pytest-ruff", "0.5", "lints", ("--ruff",), more=("ruff",)),
    Peer("nbval", "0.11.0", "runs notebooks", ("--nbval",)),
)
ENDINGS = (
    Peer(
        "pytest-custom-exit-code",
        "0.3.0",
        "hides failures from the shell",
        ("--suppress-tests-failed-exit-code",),
        differs={FAILING: ("exit code 0, not 1",)},
        because="it is asked to; the record and the page still say no",
    ),
    Peer("pytest-error-for-skips", "2.0.2", "skipped is failed", ("--error-for-skips",)),
)

PEERS = (
    *TRYING_AGAIN,
    *PARTS,
    *ORDER,
    *PROCESSES,
    *LIMITS,
    *REPORTS,
    *OUTPUT,
    *LOOPS,
    *NETWORK,
    *CLOCKS,
    *MEASURING,
    *ASSERTIONS,
    *PROJECTS,
    *ENDINGS,
)
