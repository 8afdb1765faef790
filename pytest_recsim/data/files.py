"""Files: how a path is shown to people, and what is said when one cannot be read or written."""

from __future__ import annotations

from pathlib import Path

from pytest_recsim.data.problems import InputError, Problem

_HOME = Path(__file__).resolve().parents[2]


def shown(path: Path) -> str:
    """Return the path as people should read it: relative to the working folder or to where we live, else whole."""
    absolute = path.absolute()
    for base in (Path.cwd(), _HOME):
        if absolute.is_relative_to(base):
            return str(absolute.relative_to(base))
    return str(absolute)


def packaged(name: str) -> Path:
    """Return a file or folder that ships with us: inside the installed package, else beside it in a checkout."""
    inside = _HOME / "pytest_recsim" / name
    return inside if inside.exists() else _HOME / name


def is_file(path: Path) -> bool:
    """Return whether the path is a file; a name that no file system accepts is not one."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def unwritable(folder: Path, error: OSError) -> str:
    """Say that nothing can be written below a folder, and why."""
    return f"{shown(folder)}: cannot be written: {error.strerror or error}"


def read_bytes(path: Path, what: str) -> bytes:
    """Return the file's bytes without a byte order mark; ``what`` names its kind in the sentence of an error."""
    try:
        return path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except FileNotFoundError:
        reason = f"{what} not found"
    except IsADirectoryError:
        reason = f"{what} expected here, but this is a folder"
    except (OSError, ValueError) as error:
        reason = f"{what} cannot be read: {getattr(error, 'strerror', None) or error}"
    raise InputError(Problem(shown(path), reason))


def read_text(path: Path, what: str) -> str:
    """Return the file as text; anything but UTF-8 is a problem that names the line."""
    return utf8(read_bytes(path, what), path)


def utf8(data: bytes, path: Path) -> str:
    """Decode a file's bytes; a byte that is not UTF-8 is a problem that names its line."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        sentence = f"byte 0x{data[error.start]:02x} is not UTF-8; allowed UTF-8 text"
        raise InputError(Problem(f"{shown(path)}:{line}", sentence)) from None
