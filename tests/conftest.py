"""What every test may rely on, whatever machine and shell it is started from."""

import os
import signal

from hypothesis import HealthCheck, settings

# Property tests are judged by what they find, never by how busy the machine is.
settings.register_profile(
    "unhurried", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unhurried")

# Some machines keep Python from caching what it compiled; hundreds of runs in subprocesses would compile it all again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A shell lets what it starts in the background ignore Ctrl-C, and children inherit that.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
