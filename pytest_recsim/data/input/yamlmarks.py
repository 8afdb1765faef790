"""YAML (and JSON, its subset) with the line of every value, and with bounds, so that no file can blow up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from pytest_recsim.data.input.files import MOST_SETTINGS, read_text, shown
from pytest_recsim.data.input.findings import quoted
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.data.input.yamlnodes import MAX_DEPTH, MAX_NODES, Marked, NodeReader, line_of

__all__ = ["Marked", "load_marked", "plain"]

MAX_CHARACTERS = 1_000_000
MAX_ALIASES = 100


def load_marked(path: Path, what: str) -> Marked:
    """Read a YAML or JSON file; ``what`` names its kind in sentences. An empty file is a ``Marked(None, 1)``.

    Raises:
        InputError: not UTF-8, not YAML, a key that is defined twice, or beyond the bounds above.
    """
    text = read_text(path, what, MOST_SETTINGS)
    name = shown(path)
    if len(text) > MAX_CHARACTERS:
        raise InputError(Problem(name, f"{len(text)} characters; must be at most {MAX_CHARACTERS}"))
    with _reading(text, name) as loader:
        _check_bounds(loader, name)
    with _reading(text, name) as loader:
        root = loader.get_single_node()
    if root is None:
        return Marked(None, 1)
    reader = NodeReader(name)
    found = reader.marked(root, line_of(root.start_mark))
    reader.findings.check()
    return found


def plain(marked: Marked) -> Any:
    """Return the value without its marks, as JSON would have it."""
    if isinstance(marked.value, dict):
        return {key: plain(item) for key, item in marked.value.items()}
    return [plain(item) for item in marked.value] if isinstance(marked.value, list) else marked.value


@contextmanager
def _reading(text: str, name: str) -> Iterator[yaml.SafeLoader]:
    """Yield a loader for the text; what it cannot read is a problem with its line."""
    loader = None
    try:
        loader = yaml.SafeLoader(text)
        yield loader
    except yaml.MarkedYAMLError as error:
        line = line_of(error.problem_mark or error.context_mark)
        reason = str(error.problem or error.context)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        reason = f"character U+{ord(text[error.position]):04X} is not allowed"
    except (yaml.YAMLError, ValueError, IndexError) as error:  # plain ones come out of broken escapes
        line, reason = loader.line + 1 if loader else 1, str(error)
    else:
        return
    raise InputError(Problem(f"{name}:{line}", f"not YAML: {quoted(reason)}; must be one YAML document"))


def _check_bounds(loader: yaml.SafeLoader, name: str) -> None:
    """Count on the event stream, which is flat: nothing has been built or expanded yet."""
    nodes = aliases = depth = 0
    while loader.check_event():
        event = loader.get_event()  # type: ignore[no-untyped-call] # the stubs leave it out
        nodes += isinstance(event, yaml.NodeEvent)
        aliases += isinstance(event, yaml.AliasEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        for count, limit, noun in (
            (nodes, MAX_NODES, "values"),
            (aliases, MAX_ALIASES, "aliases"),
            (depth, MAX_DEPTH, "levels"),
        ):
            if count > limit:
                where = f"{name}:{line_of(event.start_mark)}"
                raise InputError(Problem(where, f"more than {limit} {noun}; must be at most {limit}"))
