"""The face of an embedded stand-in: its rows handed to another one of the same run. No service has this."""

from __future__ import annotations

from pathlib import Path

from pytest_recsim.service.api.reading import as_json
from pytest_recsim.service.contract.wire import Accepted
from pytest_recsim.service.http.call import Call
from pytest_recsim.service.http.core import Core


class Handover(Core):
    """Both ends read and write a file that the other one sees."""

    def save_rows(self, file: Path) -> None:
        """Let a stand-in write down everything that it holds.

        Raises:
            ServiceError: it cannot, or is none of this run.
        """
        self._hand("save", file)

    def load_rows(self, file: Path) -> None:
        """Let a stand-in take the rows of the file in place of its own; knobs and configuration stay.

        Raises:
            ServiceError: it cannot, or is none of this run.
        """
        self._hand("load", file)

    def _hand(self, what: str, file: Path) -> None:
        body = as_json({"file": str(file.absolute())})
        self._call(Call("POST", f"/stand-in/rows:{what}", body=body), Accepted)
