"""Where the scenarios are, and how `pytest --customer X` comes to run them and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

MARKER = "recsim-suite.txt"


def suite_folder() -> Path:
    """Return the shipped suite: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "scenarios", package.parent / "scenarios"):
        if (folder / MARKER).is_file():
            return folder
    raise pytest.UsageError(f"pytest-recsim: the installation is broken, no {MARKER} beside {package.name}/")


def suite_paths(here: Path) -> list[Path]:
    """Return the shipped suite and, if there is one, the user's own ``scenarios/``."""
    shipped = suite_folder()
    own = here / "scenarios"
    if not own.is_dir() or own.resolve() == shipped:
        return [shipped]
    clash = sorted(
        {path.name for path in own.glob("test_*.py")} & {path.name for path in shipped.glob("test_*.py")}
    )
    if clash:
        raise pytest.UsageError(
            f"scenarios/{clash[0]}: a scenario of pytest-recsim has the same file name; rename yours"
        )
    return [shipped, own]


def steer_conftests(early_config: pytest.Config) -> None:
    """Choose which conftests load: the suite's, and those of typed paths instead of testpaths'."""
    known = early_config.known_args_namespace
    here = Path(early_config.invocation_params.dir)
    typed = [word for word in known.file_or_dir if (here / str(word).split("::")[0]).exists()]
    if typed:  # the suite's first, since it may be named by a path that is only there where it is installed
        known.file_or_dir = [str(suite_folder()), *known.file_or_dir]
    else:
        root = early_config.rootpath / "conftest.py"
        conftests = [root] if root.is_file() else []
        known.file_or_dir = [str(path) for path in (*suite_paths(here), *conftests)]


def leave(config: pytest.Config) -> None:
    """Forget the suite's conftest: a plugin that a conftest names has turned out to be who was asked."""
    ours = str(suite_folder() / "conftest.py")
    for plugin in config.pluginmanager.get_plugins():
        if getattr(plugin, "__file__", None) == ours:
            config.pluginmanager.unregister(plugin)


def steer_collection(config: pytest.Config) -> None:
    """Collect the suite unless the user typed paths; a node id of the suite works wherever it is installed."""
    here = Path(config.invocation_params.dir)
    if config.args_source is pytest.Config.ArgsSource.ARGS:
        config.args = [_shipped(word, here) for word in config.args]
        return
    config.args = [str(path) for path in suite_paths(here)]
    config.args_source = pytest.Config.ArgsSource.ARGS


def _shipped(word: str, here: Path) -> str:
    path, separator, rest = word.partition("::")
    ours = suite_folder().parent / path
    if path.startswith("scenarios/") and not (here / path).exists() and ours.is_file():
        return f"{ours}{separator}{rest}"
    return word


class SuiteDirectory(pytest.Directory):
    """A folder of scenarios whose node ids read ``scenarios/test_s01_….py`` wherever it is installed."""

    def collect(self) -> Iterator[pytest.Module]:
        for path in sorted(self.path.glob("test_*.py")):
            if self.ihook.pytest_ignore_collect(collection_path=path, config=self.config):
                continue
            yield pytest.Module.from_parent(self, path=path, nodeid=f"scenarios/{path.name}")


def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if path in suite_paths(Path(parent.config.invocation_params.dir)):
        directory: pytest.Collector = SuiteDirectory.from_parent(parent, path=path)
        return directory
    return None
