"""Option names that somebody else has, too: a conftest, or a plugin loaded before or after ours."""

from __future__ import annotations

import pytest
from plugin_shop import Project, Ran

SHORT = (
    "--customer",
    "--batch-file",
    "--batch-name",
    "--org-id",
    "--namespace",
    "--env-profile",
    "--env-override",
    "--fixture-path",
    "--guardrails-file",
)
THEIRS = "def pytest_addoption(parser):\n    for name in {names}:\n        parser.addoption(name, default='unset')\n"
TEST = """\
def test_options(request):
    words = [request.config.getoption(name) for name in ("--customer", "--namespace", "--org-id")]
    assert words == ["smith", "default", "unset"]
"""
TYPED = ("--customer", "smith", "--namespace=default")
OURS = ("--recsim-customer", "customer-a", "--recsim-dry-run", "-q")


@pytest.fixture
def elsewhere(tmp_path) -> Project:
    """A project that has options of our names, and tests that look at them."""
    project = Project(tmp_path)
    project.write("tests/test_theirs.py", TEST)
    project.write("pytest.ini", "[pytest]\ntestpaths = tests\nfilterwarnings = error\n")
    return project


def defining(*names: str) -> str:
    return THEIRS.format(names=names)


def passed(ran: Ran) -> bool:
    assert "Traceback" not in ran.text
    assert (ran.code, "1 passed" in ran.out) == (0, True), ran.text
    return True


@pytest.mark.parametrize("conftest", ["conftest.py", "tests/conftest.py"])
def test_a_project_with_options_of_our_names_starts_and_has_its_own(
    elsewhere: Project, conftest: str
) -> None:
    elsewhere.write(conftest, defining(*SHORT))
    assert passed(elsewhere.run(*TYPED))
    assert not elsewhere.left_behind


@pytest.mark.long
@pytest.mark.parametrize(
    "words", [TYPED, (*TYPED, "tests"), ("tests/test_theirs.py::test_options", *TYPED), (*TYPED, "-n2")]
)
def test_such_a_project_reads_the_same_with_and_without_us(
    elsewhere: Project, words: tuple[str, ...]
) -> None:
    elsewhere.write("conftest.py", defining(*SHORT))
    with_us, without = elsewhere.run(*words), elsewhere.run(*words, "-p", "no:recsim")
    assert passed(with_us)
    assert passed(without)


@pytest.mark.long
@pytest.mark.parametrize("place", ["-p", "PYTEST_PLUGINS", "entry point", "pytest_plugins"])
def test_a_plugin_with_options_of_our_names_keeps_them(elsewhere: Project, place: str) -> None:
    """``-p`` is loaded before ours, ``PYTEST_PLUGINS`` and what a conftest names after it."""
    elsewhere.write("theirs.py", defining(*SHORT))
    words, env = TYPED, {"PYTHONPATH": str(elsewhere.folder)}
    if place == "-p":
        words = (*words, "-p", "theirs")
    elif place == "PYTEST_PLUGINS":
        env["PYTEST_PLUGINS"] = "theirs"
    elif place == "pytest_plugins":
        elsewhere.write("conftest.py", "pytest_plugins = ('theirs',)\n")
    else:
        elsewhere.write("theirs-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: theirs\nVersion: 1\n")
        elsewhere.write("theirs-1.dist-info/entry_points.txt", "[pytest11]\ntheirs = theirs\n")
    assert passed(elsewhere.run(*words, env=env))


@pytest.mark.long
def test_where_our_names_are_taken_a_run_of_ours_goes_by_the_long_ones(elsewhere: Project) -> None:
    elsewhere.write("conftest.py", defining(*SHORT))
    ran = elsewhere.run(*OURS, "--recsim-namespace", "shop", "--customer", "smith", "--namespace", "theirs")
    assert ran.code == 0, ran.text
    assert "customer-a" in ran.out
    assert "shop" in ran.out
    assert "smith" not in ran.out
    assert "theirs" not in ran.out


@pytest.mark.long
def test_a_refusal_names_the_option_that_this_run_knows(elsewhere: Project) -> None:
    elsewhere.write("conftest.py", defining("--customer", "--fixture-path"))
    ran = elsewhere.run("--recsim-customer", "nobody", "--recsim-dry-run", "-q")
    assert ran.code == 4, ran.text
    assert "--recsim-customer: " in ran.err
    assert "--recsim-fixture-path" in ran.err
    assert " --customer" not in ran.err
    assert " --fixture-path" not in ran.err


@pytest.mark.long
def test_only_the_names_that_are_taken_are_left_to_others(elsewhere: Project) -> None:
    elsewhere.write("conftest.py", defining("--namespace"))
    ran = elsewhere.run("--customer", "customer-a", "--namespace", "theirs", "--recsim-dry-run", "-q")
    assert ran.code == 0, ran.text
    assert "customer_a" in ran.out
    assert "theirs" not in ran.out
    shown = elsewhere.run("--help").out
    assert "--customer=NAME" in shown
    assert "--namespace=NS" not in shown
    assert "--recsim-namespace=NS" in shown


@pytest.mark.long
def test_a_conftest_that_only_mentions_a_name_leaves_it_to_us(elsewhere: Project) -> None:
    elsewhere.write("conftest.py", "WORDS = ['--customer']\n")
    ran = elsewhere.run("--customer", "customer-a", "--recsim-dry-run", "-q")
    assert (ran.code, "customer_a" in ran.out) == (0, True), ran.text


@pytest.mark.long
def test_where_base_url_is_taken_ours_goes_by_its_long_name(elsewhere: Project) -> None:
    elsewhere.write("conftest.py", defining("--base-url"))
    ran = elsewhere.run(*OURS, "-p", "no:base_url", "--recsim-base-url", "http://127.0.0.1:9")
    assert (ran.code, "http://127.0.0.1:9" in ran.out) == (0, True), ran.text


@pytest.mark.long
def test_a_broken_conftest_still_leaves_help(elsewhere: Project) -> None:
    elsewhere.write("conftest.py", "raise OSError('broken')\n")
    ran = elsewhere.run("--customer", "customer-a", "--help", "-o", "filterwarnings=default")
    assert ran.code == 0, ran.text
    assert "--customer=NAME" in ran.out


@pytest.mark.long
def test_options_in_a_file_count(elsewhere: Project) -> None:
    elsewhere.write("words", "--customer\ncustomer-a\n--recsim-dry-run\n")
    ran = elsewhere.run("@words", "-q")
    assert (ran.code, "customer_a" in ran.out) == (0, True), ran.text
