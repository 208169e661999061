"""Safetensors files that are written wholly or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor


def write_tensors(
    path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None
) -> None:
    """Write tensors, contiguous and on the CPU; what was there stays until all is written.

    Raises:
        OSError: they cannot be written there; names the file and the reason.

    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    except OSError as error:
        raise OSError(f"cannot write {path}: {error.strerror}") from None
    os.close(handle)
    temporary = Path(name)
    try:
        save_file(dict(tensors), temporary, None if metadata is None else dict(metadata))
        temporary.chmod(0o644)
        temporary.replace(path)
    except (SafetensorError, OSError) as error:
        raise OSError(f"cannot write {path}: {error}") from None
    finally:
        temporary.unlink(missing_ok=True)
