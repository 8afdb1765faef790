"""Holds JSON files of the record against their published schemas."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from pytest_recsim.record.publish import File, file_of
from pytest_recsim.schemas import schema


def closed(part: Any) -> Any:
    """The same schema without room for members that it does not name."""
    if isinstance(part, list):
        return list(map(closed, part))
    if not isinstance(part, dict):
        return part
    more = {"additionalProperties": False} if "properties" in part else {}
    return {name: closed(inner) for name, inner in part.items()} | more


def records(root: Path) -> list[tuple[Path, File]]:
    """The JSON files below a folder of the record, whatever they are called; a file without a schema is a KeyError."""
    found = (path for path in sorted(root.rglob("*")) if ".json" in path.name)
    return [(path, file_of(path.relative_to(root).as_posix())) for path in found]


def documents(path: Path, file: File) -> list[bytes]:
    """What a file holds: itself, or its lines."""
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return content.splitlines() if file.lines else [content]


def breaches(root: Path) -> list[str]:
    """Where the JSON files below a folder differ from their schemas, and members that those do not name."""
    return [
        f"{path.name} {error.json_path}: {error.message}"
        for path, file in records(root)
        for document in documents(path, file)
        for error in Draft202012Validator(closed(schema(file.schema))).iter_errors(json.loads(document))
    ]


def batch_breaches(reports: Path) -> list[str]:
    """The same of a batch: its summary and the report folders that it names."""
    found = []
    for path in sorted((reports / "batches").glob("*.json")):
        document = json.loads(path.read_bytes())
        found += [
            f"{path.name} {error.json_path}: {error.message}"
            for error in Draft202012Validator(closed(schema("batch_summary"))).iter_errors(document)
        ]
        for row in document["rows"]:
            found += breaches(reports / row["bundle"]) if row["bundle"] else []
    return found
