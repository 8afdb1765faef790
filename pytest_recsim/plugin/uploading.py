"""`--recsim-upload`: when everything has been put back, the controller copies report folders to a store; a failure is a warning."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pytest_recsim.data.input.problems import InputError
from pytest_recsim.plugin.names import as_known
from pytest_recsim.share.upload import NotUploadedError, Store, store_at, upload

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_recsim.plugin.controller import Controller
    from pytest_recsim.record.bundle import Bundle


class Uploading:
    """Registered where the option is given, on the controller only."""

    def __init__(self, config: pytest.Config, controller: Controller) -> None:
        self.controller = controller
        self.quiet = config.getoption("verbose", 0) < 0
        try:
            self.store: Store = store_at(controller.options.upload)
        except InputError as error:
            raise pytest.UsageError(as_known(str(error), config)) from None

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """The last thing of a run: Ctrl-C ends it, and nothing depends on it any more."""
        bundles = self._bundles()
        if not bundles:
            return
        batch = self.controller.batch.path if self.controller.batch else None
        try:
            count = upload(self.store, bundles, batch)
        except NotUploadedError as error:
            self._warn(str(error))
        except KeyboardInterrupt:
            self._warn("it was interrupted")
        except Exception as error:  # noqa: BLE001 - the verdict stands, whatever a driver or a disk does
            self._warn(f"{type(error).__name__}: {error}")
        else:
            if not self.quiet:
                self.controller.write(
                    f"recsim: {count} files are in {self.store.url}: {', '.join(self._named(bundles))}"
                )

    def _bundles(self) -> dict[str, Bundle]:
        """Report folders of this run by their places below the store: customer and run id."""
        fleet = self.controller.fleet
        found = {f"{name}/{fleet.run_id}": writer.bundle for name, writer in fleet.writers.items()}
        return {place: bundle for place, bundle in found.items() if bundle.metadata.is_file()}

    def _named(self, bundles: dict[str, Bundle]) -> list[str]:
        places = list(bundles)
        return places if len(places) == 1 else [places[0], f"... ({len(places)} report folders)"]

    def _warn(self, why: str) -> None:
        where = os.path.relpath(self._local(), self.controller.options.here)
        self.controller.write(f"recsim: warning: not uploaded: {why}; everything is in {where}", yellow=True)

    def _local(self) -> Path:
        writers = list(self.controller.fleet.writers.values())
        return writers[0].bundle.root if len(writers) == 1 else self.controller.reports
