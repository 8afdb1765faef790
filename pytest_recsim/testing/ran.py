"""What came of a run of pytest in a process of its own."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_recsim.record.model import CheckResult


@dataclass(frozen=True)
class Ran:
    """A finished run.

    Attributes:
        code: its exit code.
        out, err: what it wrote.
        results: of the checks, as the record holds them; empty where nobody looked, or none reported.
    """

    code: int
    out: str
    err: str
    results: tuple[CheckResult, ...] = field(default=(), repr=False)

    @property
    def text(self) -> str:
        return self.out + self.err

    @property
    def outcomes(self) -> dict[str, str]:
        """Name -> ``passed``, ``failed``, ``not_measured``, ...

        The name is that of the function (``test_mine``, with its case ``test_mine [vip]``) or of the scenario (``S1``).

        Raises:
            LookupError: no check reported; says what pytest said.
        """
        return {name: result.outcome for name, result in self._named().items()}

    @property
    def sentences(self) -> dict[str, str]:
        """Name -> what is wrong, empty where nothing is."""
        return {name: result.sentence for name, result in self._named().items()}

    def result(self, name: str) -> CheckResult:
        """Return one result, with its measures and what it showed.

        Raises:
            LookupError: there is none of that name.
        """
        found = self._named()
        if name not in found:
            raise LookupError(f"no check `{name}` reported; there are {', '.join(found)}")
        return found[name]

    def _named(self) -> dict[str, CheckResult]:
        if not self.results:
            raise LookupError(f"no check reported; pytest ended with code {self.code} and said:\n{self.text}")
        return {result.label.partition("::")[2] or result.label: result for result in self.results}
