"""Reading meshes out of package archives, on archives made here."""

import struct
import zipfile

import numpy as np
import pytest

from training.meshes import sources
from training.meshes.robots import ROOT, BodyTree
from training.meshes.sources import Archive

CUBE = """v 0 0 0\nv 2 0 0\nv 2 4 0\nv 0 4 0\nv 0 0 6\nv 2 0 6\nv 2 4 6\nv 0 4 6
usemtl a
f 1 2 3 4
f 5 6 7 8
f 1 2 6 5
f 2 3 7 6
f 3 4 8 7
f 4 1 5 8
"""
PROPERTIES = """id=Test
name#1=T\\u00e9l\\u00e9phone
category#1=Office
model#1=/lib/phone/phone.obj
creator#1=Somebody
width#1=20
depth#1=60
height#1=40
name#2=Wall socket
category#2=Office
model#2=/lib/phone/phone.obj
width#2=20
depth#2=60
height#2=40
name#3=Shed
category#3=Exterior
model#3=/lib/phone/phone.obj
width#3=20
depth#3=60
height#3=40
"""


@pytest.fixture
def furniture(tmp_path):
    for catalogue in sources.CATALOGUES:
        with zipfile.ZipFile(tmp_path / f"{catalogue}.sh3f", "w") as archive:
            text = PROPERTIES if catalogue == "Scopia" else "id=Empty\n"
            archive.writestr("PluginFurnitureCatalog.properties", text)
            archive.writestr("lib/phone/Phone.obj", CUBE)
    return tmp_path


def test_catalogue_entry_becomes_a_mesh_in_metres(furniture):
    """Of three entries one is dropped for its name and one for its category."""
    (mesh,) = sources.sweethome_meshes(furniture)
    assert mesh.name == "téléphone" and mesh.mesh_id == "sweethome3d/Scopia/phone"
    assert mesh.licence == "CC-BY-3.0" and mesh.credit == "Somebody"
    # The catalogue's height is along y in the OBJ file and along z here.
    assert mesh.size == pytest.approx((0.2, 0.6, 0.4))
    points = mesh.parts[0].vertices[:, :3]
    assert points[:, 2].min() == pytest.approx(0)
    assert not mesh.clear


def test_members_are_found_whatever_their_case(furniture):
    archive = Archive(furniture / "Scopia.sh3f")
    assert archive.text("LIB/phone/phone.OBJ") == CUBE
    assert archive.read("absent.png") is None and archive.texture("absent.png") is None


def test_a_picture_that_is_none_gives_no_texture():
    assert sources.decode_texture(b"no picture") is None


def stl(size):
    """Return a binary STL of one triangle with legs of `size` along x and z."""
    corners = [[0, 0, 0], [size, 0, 0], [0, 0, size]]
    values = struct.pack("<12fH", 0, -1, 0, *np.ravel(corners), 0)
    return bytes(80) + struct.pack("<I", 1) + values


ARM = """<mujoco><asset><mesh name="link" file="meshes/link.stl" scale="0.1 0.1 0.1"/></asset>
<worldbody><body name="base" pos="0 0 1">
 <body name="one" pos="0 0 0"><joint axis="0 0 1"/><geom mesh="link"/>
  <body name="two" pos="1 0 0"><joint axis="0 1 0"/><geom mesh="link"/>
   <body name="right_hand" pos="1 0 0" quat="0.70710678 0 0 0.70710678"/></body></body>
</body></worldbody></mujoco>"""


@pytest.fixture
def arm(tmp_path):
    path = tmp_path / "robots.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{ROOT}/robots/x/robot.xml", ARM)
        archive.writestr(f"{ROOT}/robots/x/meshes/link.stl", stl(10.0))
    return BodyTree(Archive(path), f"{ROOT}/robots/x/robot.xml")


def test_arm_stretched_out(arm):
    parts, flange = arm.posed(iter((0.0, 0.0)))
    assert np.allclose(flange[:3, 3], [2, 0, 1])
    assert np.allclose(flange[:3, 0], [0, 1, 0], atol=1e-6)
    assert [p.vertices[:, 0].min() for p in parts] == pytest.approx([0, 1])
    assert [p.vertices[:, 0].max() for p in parts] == pytest.approx([1, 2])


def test_arm_bent_at_both_joints(arm):
    """A quarter turn about z points the arm along y, then one about y bends it down."""
    parts, flange = arm.posed(iter((np.pi / 2, np.pi / 2)))
    assert np.allclose(flange[:3, 3], [0, 1, 0], atol=1e-6)
    assert parts[1].vertices[:, 2].min() == pytest.approx(0, abs=1e-6)
