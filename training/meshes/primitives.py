"""The two shapes that rooms are built of."""

from __future__ import annotations

import numpy as np

from training.meshes.parts import MeshPart


def quad() -> MeshPart:
    """Return a unit square in z = 0, centred, normal up."""
    corners = [[-0.5, -0.5, 0, 0, 0, 1, 0, 0], [0.5, -0.5, 0, 0, 0, 1, 1, 0],
               [0.5, 0.5, 0, 0, 0, 1, 1, 1], [-0.5, 0.5, 0, 0, 0, 1, 0, 1]]  # fmt: skip
    return MeshPart(np.array(corners, np.float32), np.array([0, 1, 2, 0, 2, 3], np.uint32))


def box() -> MeshPart:
    """Return a unit cube centred on the origin, each face with its own texture square."""
    vertices: list[list[float]] = []
    indices: list[int] = []
    for axis in range(3):
        u, v = np.eye(3)[(axis + 1) % 3], np.eye(3)[(axis + 2) % 3]
        for side in (-1, 1):
            normal, first = np.eye(3)[axis] * side, len(vertices)
            for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
                position = 0.5 * (normal + a * u + b * v)
                vertices.append([*position, *normal, (a + 1) / 2, (b + 1) / 2])
            indices += [first, first + 1, first + 2, first, first + 2, first + 3]
    return MeshPart(np.array(vertices, np.float32), np.array(indices, np.uint32))
