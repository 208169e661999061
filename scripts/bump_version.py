"""Give the package a new version: python scripts/bump_version.py 0.2.0

seem_ros/__init__.py, package.xml and CITATION.cff get it. What is *Forthcoming* in CHANGELOG.rst
becomes its section, with the date of today.
"""

from __future__ import annotations

import argparse
import datetime
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_PLACES = {
    "seem_ros/__init__.py": r'^(__version__ = ")[^"]+(")',
    "package.xml": r"^(\s*<version>)[^<]+(</version>)",
    "CITATION.cff": r"^(version: )\S+()$",
}
_FORTHCOMING = "Forthcoming\n-----------\n"


def main() -> None:
    """Read the version from the command line and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("version", help="X.Y.Z")
    options = parser.parse_args()
    try:
        bump(ROOT, options.version, datetime.date.today())
    except ValueError as error:
        sys.exit(f"bump_version: {error}")


def bump(root: Path, version: str, day: datetime.date) -> None:
    """Write a version into the files below `root`, all or none.

    Raises:
        ValueError: it is no X.Y.Z, nothing is forthcoming, or a file does not name a version.

    """
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise ValueError(f"a version is X.Y.Z, not {version!r}")
    written = {root / "CHANGELOG.rst": _changelog(root / "CHANGELOG.rst", version, day)}
    for name, pattern in _PLACES.items():
        text = (root / name).read_text(encoding="utf-8")
        new, count = re.subn(pattern, rf"\g<1>{version}\g<2>", text, flags=re.MULTILINE)
        if count != 1:
            raise ValueError(f"{name} names a version {count} times, not once")
        written[root / name] = new
    for path, text in written.items():
        path.write_text(text, encoding="utf-8")


def _changelog(path: Path, version: str, day: datetime.date) -> str:
    text = path.read_text(encoding="utf-8")
    if text.count(_FORTHCOMING) != 1:
        raise ValueError(f"{path.name} has no section Forthcoming: what is new in {version}?")
    heading = f"{version} ({day.isoformat()})"
    return text.replace(_FORTHCOMING, f"{heading}\n{'-' * len(heading)}\n")


if __name__ == "__main__":
    main()
