"""The OpenAPI document of the stand-in, and what the code itself says about its routes and bodies."""

import ast
import asyncio
import json
import re
from pathlib import Path

import httpx
import yaml

import pytest_recsim.standin
from pytest_recsim.standin.http import wire
from pytest_recsim.standin.process.routes import OPEN_ROUTES, TENANT_ROUTES

SOURCE = Path(pytest_recsim.standin.__file__).parent
DOCUMENT = yaml.safe_load((SOURCE / "openapi.yaml").read_text(encoding="utf-8"))
UUID = "7b1f0c44-5c52-4f0a-9a65-0d5b6c1e2f3a"
SCALARS = {
    wire.text: {"type": "string"},
    wire.flag: {"type": "boolean"},
    wire.number: {"type": "number"},
    wire.integer: {"type": "integer", "format": "int64"},
    wire.int16: {"type": "integer"},
}


def resolved(node):
    """Return a schema, parameter or response with its own reference followed; siblings win."""
    while "$ref" in node:
        target = DOCUMENT
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target | {name: value for name, value in node.items() if name != "$ref"}
    return node


def operations():
    """Return (method, path) of every documented operation, with its node and all its parameters."""
    found = {}
    for path, node in DOCUMENT["paths"].items():
        shared = node.get("parameters", [])
        for method, operation in node.items():
            if method != "parameters":
                parameters = [resolved(each) for each in [*shared, *operation.get("parameters", [])]]
                found[method.upper(), path] = operation, parameters
    return found


def routes():
    return {(route.method, route.path) for route in (*OPEN_ROUTES, *TENANT_ROUTES)}


def body_schema(operation):
    if "requestBody" not in operation:
        return None
    (media,) = resolved(operation["requestBody"])["content"].values()
    return media["schema"]


def differences(reader, schema, where="body"):
    """Return a sentence for every way in which a reader and the schema of what it reads differ."""
    schema = resolved(schema)
    if isinstance(reader, wire.Fields):
        documented, read = schema.get("properties", {}), reader.readers
        found = [f"{where}.{name} is read but not documented" for name in read.keys() - documented]
        found += [f"{where}.{name} is documented but not read" for name in documented.keys() - read]
        found += [
            f"{where}.{name} is required but not read" for name in set(schema.get("required", [])) - {*read}
        ]
        for name in read.keys() & documented:
            found += differences(read[name], documented[name], f"{where}.{name}")
        return found
    if isinstance(reader, wire.ListOf):
        return _wrong_type(schema, "array", where) + differences(
            reader.member, schema.get("items", {}), f"{where}[]"
        )
    if isinstance(reader, wire.MapOf):
        members = schema.get("additionalProperties")
        inner = [] if members is True else differences(reader.member, members or {}, f"{where}.*")
        return _wrong_type(schema, "object", where) + inner
    if reader is wire.anything:
        return _wrong_type(schema, schema.get("type", "object"), where)
    expected = SCALARS[reader]
    shown = {name: schema.get(name) for name in expected}
    found = [] if shown == expected else [f"{where} is read as {expected}, documented as {shown}"]
    if (
        reader is wire.int16
        and not -32768 <= schema.get("minimum", -1e9) <= schema.get("maximum", 1e9) <= 32767
    ):
        found.append(f"{where} is read as an int16 without documented bounds")
    return found


def _wrong_type(schema, expected, where):
    found = schema.get("type")
    return [] if found in (None, expected) else [f"{where} is read as {expected}, documented as {found}"]


class Spied(dict):
    """A query that remembers which of its keys were asked for."""

    def __init__(self, values):
        super().__init__(values)
        self.asked = set()

    def get(self, key, default=None):
        self.asked.add(key)
        return super().get(key, default)

    def __getitem__(self, key):
        self.asked.add(key)
        return super().__getitem__(key)


def call(app, method, path, content=b"{}"):
    """Send one request of our tenant, path variables filled in."""

    async def go():
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://standin") as client:
            filled = re.sub(r"\{[a-z_]+\}", UUID, path)
            return await client.request(method, filled, content=content, headers={"X-Org-ID": UUID})

    return asyncio.run(go())


def documented_codes():
    """Return every error code that some response of the document names."""
    codes = set()
    for operation, _ in operations().values():
        for response in operation["responses"].values():
            text = json.dumps(resolved(response))
            for node in re.finditer(r'"error": (\{.*)', text):
                schema = json.JSONDecoder().raw_decode(node[1])[0]
                for choice in [schema, *schema.get("anyOf", [])]:
                    codes.update(choice.get("enum", []))
    return codes


def written_codes():
    """Return the literal error codes of the source, and patterns for those that it puts together."""
    place = {"bad_request": 0, "not_found": 0, "refused_by_database": 1, "ApiError": 1}
    literals, patterns = {"constraint_violation"}, set()
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            at = place.get(node.func.id)
            if at is None or len(node.args) <= at:
                continue
            code = node.args[at]
            if isinstance(code, ast.Constant):
                literals.add(code.value)
            elif isinstance(code, ast.JoinedStr):
                parts = (
                    re.escape(part.value) if isinstance(part, ast.Constant) else "[a-z_]+"
                    for part in code.values
                )
                patterns.add("".join(parts))
    return literals, patterns
