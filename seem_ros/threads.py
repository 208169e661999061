"""How many threads the libraries use: PyTorch with OpenMP, and OpenCV."""

from __future__ import annotations


def use_threads(count: int) -> None:
    """Bound the threads of this process's libraries; 0 leaves them as they are, one per core.

    Raises:
        ValueError: a negative number.

    """
    if count < 0:
        raise ValueError(f"threads must be 0 or more, got {count}")
    if count == 0:
        return
    import cv2
    import torch

    torch.set_num_threads(count)
    cv2.setNumThreads(count)
