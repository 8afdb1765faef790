"""How a tenant, or any other UUID, is spelled (contract 1.2)."""

from __future__ import annotations

import re
from functools import lru_cache

ZERO_ORG = "00000000-0000-0000-0000-000000000000"
_HEX = "[0-9a-fA-F]"
_HYPHENATED = f"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"
_ORG = re.compile(f"(?:[uU][rR][nN]:[uU][uU][iI][dD]:)?{_HYPHENATED}|{{{_HYPHENATED}}}|{_HEX}{{32}}")


@lru_cache(maxsize=256)
def canonical_org(value: str) -> str | None:
    """Return the hyphenated lower-case form of any accepted UUID spelling, or None."""
    if _ORG.fullmatch(value) is None:
        return None
    digits = value[-38 if value[0] == "{" else -36 :].replace("-", "").strip("{}").lower()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
