"""What every test may rely on, whatever machine and shell it is started from."""

import atexit
import os
import shutil
import signal
import tempfile

import pytest

from pytest_recsim.record import masking

try:
    from hypothesis import HealthCheck, settings
    from hypothesis.internal.conjecture import providers
except ModuleNotFoundError:
    settings = None


def pytest_configure(config: pytest.Config) -> None:
    """Hold our own tests to having no warnings; a customer's run in this folder is not judged by other plugins' ones."""
    if settings is None and not config.option.help:
        raise pytest.UsageError(
            "the project's own tests need more packages: pip install -c constraints.txt -e '.[test]' "
            "(`pytest --customer NAME` runs a simulation and needs nothing more)"
        )
    config.addinivalue_line("filterwarnings", "error")
    # pytest tidies a folder that all its runs on a machine share; two at once may get into each other's way there
    config.addinivalue_line("filterwarnings", r"ignore:\(rm_rf\) error removing:pytest.PytestWarning")


# Property tests are judged by what they find, never by how busy the machine is, and find the same in every run: whoever
# wants other examples asks for a number of them. Then words of our own code are among them, else they are not: which of
# its modules are loaded differs with the order of the tests.
if settings is not None:
    by_hand = bool(int(os.environ.get("RECSIM_EXAMPLES", "0")))
    settings.register_profile(
        "unhurried",
        settings.default,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        database=None,
        derandomize=not by_hand,
    )
    settings.load_profile("unhurried")
    if not by_hand and hasattr(providers, "_get_local_constants"):  # hypothesis has no option for it
        no_words = providers.Constants()
        providers._get_local_constants = lambda: no_words

# Some machines keep Python from caching what it compiled; hundreds of runs in subprocesses would compile it all again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Behind a proxy, which installing may need, what listens here is reached without it all the same.
for name in ("no_proxy", "NO_PROXY"):
    os.environ[name] = ",".join(filter(None, (os.environ.get(name), "127.0.0.1", "localhost")))

# A shell lets what it starts in the background ignore Ctrl-C, and children inherit that.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# `nohup` has its children ignore hang-ups, and theirs. A handler that does nothing keeps us alive too and is not inherited.
if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: None)

# Keys of notes that our tests write are theirs alone.
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="recsim-test-state-")
atexit.register(shutil.rmtree, os.environ["XDG_STATE_HOME"], ignore_errors=True)


@pytest.fixture(autouse=True)
def _secrets_of_this_test_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test lets this process learn as a secret must not be masked in the next one."""
    monkeypatch.setattr(masking, "_known", masking._known)
