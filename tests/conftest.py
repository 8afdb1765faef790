"""Property tests are judged by what they find, never by how busy the machine is."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "unhurried", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unhurried")

# Some machines keep Python from caching what it compiled; hundreds of runs in subprocesses would compile it all again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
