"""``recsim schema``: the published descriptions of what we read, write and answer."""

from __future__ import annotations

from pytest_recsim.cli.command import argument, command
from pytest_recsim.cli.completion import schemas
from pytest_recsim.cli.voice import document, say
from pytest_recsim.data.input.problems import InputError, Problem, nearest

_OPENAPI = "openapi"


@command("recsim schema", "recsim schema fixture > fixture.schema.json")
@argument("name", required=False, metavar="NAME", help="which one", shell_complete=schemas)
def schema(name: str | None) -> None:
    """Print a published JSON Schema or the stand-in's OpenAPI document; without a name, all names."""
    import json
    from importlib import resources

    from pytest_recsim.schemas import names
    from pytest_recsim.schemas import schema as published

    known = (*names(), _OPENAPI)
    if name is None:
        return say("\n".join(known))
    if name not in known:
        what = f"`{name}`: must be one of {', '.join(known)}{nearest(name, known)}"
        raise InputError(Problem("schema", what))
    if name == _OPENAPI:
        text = (
            resources.files("pytest_recsim").joinpath("standin", "openapi.yaml").read_text(encoding="utf-8")
        )
        return document(text.rstrip())
    return document(json.dumps(published(name), indent=2))
