"""A seeded stand-in hands its rows to another one of the same run: no part of the contract.

Only a stand-in with a token takes part: it was started by a run, which is the only one to know the token, and whose
scratch folder the file lies in. What the other one was started or configured with stays its own.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from pytest_recsim.standin.http.errors import bad_request
from pytest_recsim.standin.http.messages import OK, Answer
from pytest_recsim.standin.state.service import Service

SAVE, LOAD = "/stand-in/rows:save", "/stand-in/rows:load"


def hand_over(service: Service, method: str, path: str, body: bytes) -> tuple[Service, Answer] | None:
    """Write the rows to the file that the body names, or take those of it in place of all that there are.

    Returns:
        The service that answers from now on, and the answer; None for any other request.

    Raises:
        ApiError: no such file, or one that cannot be used.
    """
    if method != "POST" or path not in (SAVE, LOAD):
        return None
    from pytest_recsim.standin.process import snapshot  # only few are handed rows

    try:
        file = Path(msgspec.json.decode(body, type=dict[str, str])["file"])
        if path == SAVE:
            file.write_bytes(snapshot.dump(service))
            return service, OK
        taken = Service(service.settings, service.clock, service.quirks)
        snapshot.restore(taken, file.read_bytes())
    except (OSError, KeyError, msgspec.MsgspecError, snapshot.SnapshotError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise bad_request("rows_not_handed_over", f"the file of rows: {why}") from None
    taken.use_document(service.document)
    taken.config_metadata = service.config_metadata
    return taken, OK
