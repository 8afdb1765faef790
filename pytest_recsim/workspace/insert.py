"""Putting an entry into somebody's YAML without touching another byte of it; the result is read again and compared."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from pytest_recsim.data.input.files import shown
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.data.input.yamlmarks import load_marked, plain

Block = Callable[[str], str]
"""Makes the lines of the entry for an indentation."""


def into_mapping(path: Path, section: str, name: str, block: Block) -> str:
    """Return the file's text with one more member of a section (a mapping), which is made where it is missing.

    Raises:
        InputError: the file cannot be read, or is written so that nothing can be added safely; says what to add by hand.
    """
    return _inserted(path, section, block, lambda old, value: (old or {}) | {name: value[name]})


def into_list(path: Path, section: str, block: Block) -> str:
    """Return the file's text with one more entry of a list: a section of the file, or the whole of it. See ``into_mapping``."""
    return _inserted(path, section, block, lambda old, value: [*(old or []), *value])


def _inserted(path: Path, section: str, block: Block, added: Callable[[Any, Any], Any]) -> str:
    before = plain(load_marked(path, "file"))
    text = path.read_bytes().decode("utf-8-sig")
    value = yaml.safe_load(block(""))
    whole_list = isinstance(before, list)
    wanted = (
        added(before, value)
        if whole_list
        else {**(before or {}), section: added((before or {}).get(section), value)}
    )
    found = _at(text, section, block)
    if found is None or _read(found) != wanted:
        shown_as = yaml.safe_dump(value, default_flow_style=True, width=10_000).strip()
        what = f"nothing can be added to it as it is written; add to `{section}` by hand: {shown_as}"
        raise InputError(Problem(shown(path), what))
    return found


def _read(text: str) -> Any:
    """Read a text as the file would be; None where it is no YAML any more."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.yml"
        path.write_bytes(text.encode())
        try:
            return plain(load_marked(path, "file"))
        except InputError:
            return None


def _at(text: str, section: str, block: Block) -> str | None:
    """Return the text with the block in the section; None where it is not written in lines of its own."""
    root = yaml.compose(text, yaml.SafeLoader)
    holder = root if isinstance(root, yaml.SequenceNode) else None
    if isinstance(root, yaml.MappingNode):
        if root.flow_style:
            return None
        holder = next((value for key, value in root.value if key.value == section), None)
    if holder is None:
        return f"{_ended(text)}\n{section}:\n{block('  ')}" if text.strip() else f"{section}:\n{block('  ')}"
    lines = text.splitlines(keepends=True)
    last = holder.start_mark.line
    if isinstance(holder, yaml.CollectionNode) and holder.value:
        if holder.flow_style:
            return None
        column, last = holder.start_mark.column, _last_line(holder)
        while last + 1 < len(lines) and _belongs(lines[last + 1], column):
            last += 1
    elif lines[last].partition("#")[0].strip() not in (
        f"{section}:",
        f"{section}: {{}}",
        f"{section}: []",
        f"{section}: null",
    ):
        return None
    else:
        column = 2
        lines[last] = re.sub(r" (\{\}|\[\]|null)", "", lines[last], count=1)
    lines[last] = _ended(lines[last])
    newline = "\r\n" if "\r\n" in text else "\n"
    lines.insert(last + 1, block(" " * column).replace("\n", newline))
    return "".join(lines)


def _last_line(node: yaml.Node) -> int:
    """Return the line on which the last value of a node ends; a collection's own end is after the comments that follow."""
    while isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        node = node.value[-1][1] if isinstance(node, yaml.MappingNode) else node.value[-1]
    end = node.end_mark
    return int(end.line if end.column else max(node.start_mark.line, end.line - 1))


def _belongs(line: str, column: int) -> bool:
    """Whether a line after the last entry is a comment within it."""
    return line.lstrip().startswith("#") and len(line) - len(line.lstrip()) > column


def _ended(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\n"
