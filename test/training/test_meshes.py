"""Mesh formats, normals, names."""

import struct

import numpy as np
import pytest

from training.meshes.formats import read_msh, read_mtl, read_obj, read_stl
from training.meshes.names import everyday_name
from training.meshes.parts import Material, extent, part_from_soup, rest_on_ground

TRIANGLE = np.array([[0, 0, 0], [1, 0, 0], [0, 2, 0]], float)

OBJ = """mtllib m.mtl
v 0 0 0
v 1 0 0
v 1 1 0
v 0 1 0
vt 0 0
vt 1 0
vt 1 1
usemtl red
f 1/1 2/2 3/3 4/1
usemtl blue
f -4 -3 -2
"""
MTL = "newmtl red\nKd 1 0 0\nd 0.5\nnewmtl blue\nKd 0 0 1\nKs 0.3 0.3 0.3\n"


def read(text, rotation=None):
    return read_obj(text, lambda name: MTL, lambda name: None,
                    np.eye(3) if rotation is None else rotation)  # fmt: skip


def test_obj_polygons_materials_and_negative_indices():
    red, blue = read(OBJ)
    assert len(red.indices) == 6 and len(blue.indices) == 3
    assert red.material.color == (1, 0, 0) and red.material.alpha == 0.5
    assert blue.material.specular == pytest.approx(0.3)
    assert {tuple(p) for p in blue.vertices[:, :3]} == {(0, 0, 0), (1, 0, 0), (1, 1, 0)}
    assert np.allclose(red.vertices[:, 3:6], [0, 0, 1])
    assert red.vertices[:, 6:].max() == 1


def test_obj_rotation_turns_positions_and_normals():
    y_up = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])
    red, _ = read(OBJ, y_up)
    assert np.allclose(red.vertices[:, 3:6], [0, -1, 0])
    assert red.vertices[:, 2].max() == 1


def test_mtl_textures_are_asked_for_by_file_name():
    asked = []
    read_mtl("newmtl a\nmap_Kd wood.jpg\n", lambda name: asked.append(name))
    assert asked == ["wood.jpg"]


def test_degenerate_triangles_are_dropped():
    flat = np.zeros((3, 3))
    assert part_from_soup(flat, None, None, Material()) is None
    both = part_from_soup(np.concatenate([flat, TRIANGLE]), None, None, Material())
    assert len(both.indices) == 3


def test_rest_on_ground_centres_and_stretches():
    part = part_from_soup(TRIANGLE + [5, 5, 5], None, None, Material())
    other = part_from_soup(TRIANGLE + [5, 5, 8], None, None, Material())
    placed = rest_on_ground([part, other], np.array([0.1, 0.2, 0.3]))
    assert np.allclose(extent(placed), [0.1, 0.2, 0.3])
    points = np.concatenate([p.vertices[:, :3] for p in placed])
    assert points[:, 2].min() == pytest.approx(0, abs=1e-7)
    assert np.allclose(points[:, :2].max(0) + points[:, :2].min(0), 0, atol=1e-7)


def test_stl_in_metres_and_broken_stl():
    triangle = struct.pack("<12fH", 0, 0, 1, *TRIANGLE.ravel(), 0)
    data = bytes(80) + struct.pack("<I", 1) + triangle
    (part,) = read_stl(data, Material(), scale=0.001)
    assert np.allclose(extent([part]), [0.001, 0.002, 0])
    with pytest.raises(ValueError, match="2 triangles needs 184 bytes, not 134"):
        read_stl(bytes(80) + struct.pack("<I", 2) + triangle, Material())


def test_msh_with_texture_coordinates():
    head = np.array([3, 3, 3, 1], "<i4").tobytes()
    body = [TRIANGLE, np.tile([0, 0, 1.0], (3, 1)), [[0, 0.25], [1, 0.25], [0, 1]]]
    data = head + b"".join(np.asarray(b, "<f4").tobytes() for b in body)
    data += np.array([0, 1, 2], "<i4").tobytes()
    (part,) = read_msh(data, Material())
    assert np.allclose(part.vertices[:, 3:6], [0, 0, 1])
    assert sorted(part.vertices[:, 7].tolist()) == [-1, -0.25, -0.25]
    with pytest.raises(ValueError, match="not a triangle mesh"):
        read_msh(np.array([0, 0, 0, 1], "<i4").tobytes(), Material())


@pytest.mark.parametrize(
    ("mesh", "catalogue", "name"),
    [
        ("sweethome3d/X/chaussette", "Socket", "sock"),
        ("sweethome3d/X/a", "Hashtray", "ashtray"),
        ("sweethome3d/X/a", "Wall socket", None),
        ("sweethome3d/X/a", "Tool", None),
        ("myosuite/contactdb/coffeemug", "coffeemug", None),
        ("sweethome3d/X/a", "Teapot", "teapot"),
    ],
)
def test_names_are_what_people_say(mesh, catalogue, name):
    assert everyday_name(mesh, catalogue) == name
