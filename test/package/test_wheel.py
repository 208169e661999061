"""The wheel: small enough, whole, and it segments in an environment that has nothing else.

Takes minutes and installs PyTorch anew, so it runs where SEEM_ROS_WHEEL is set, as CI does:
    SEEM_ROS_WHEEL=1 python -m pytest test/package
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif("SEEM_ROS_WHEEL" not in os.environ, reason="SEEM_ROS_WHEEL is not set"),
]

ROOT = Path(__file__).parents[2]
LARGEST = 80_000_000  # bytes; PyPI takes 100 MB
FRAME = "seem_ros/demo/clip/frames/00000.jpg"


def run(*command: object, **options) -> str:
    """Run a command, which sees no sources, and return what it printed; errors fail the test."""
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        list(map(str, command)),
        capture_output=True, text=True, check=False, env=alone, **options,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Build the wheel from the files that git knows, as a fresh clone would."""
    clone, out = tmp_path_factory.mktemp("clone"), ROOT / "dist"
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True)
    subprocess.run(["tar", "x", "-C", str(clone)], input=archive.stdout, check=True)
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", out, clone)
    return max(out.glob("seem_ros-*.whl"), key=lambda path: path.stat().st_mtime)


def test_it_is_small_and_whole(wheel):
    assert wheel.stat().st_size < LARGEST
    names = zipfile.ZipFile(wheel).namelist()
    for name in (
        "seem_ros/weights/nano.safetensors", "seem_ros/config/models/nano.yaml", FRAME,
        "seem_ros/interfaces/Instance.msg", "seem_ros/console/page/index.html",
        "seem_ros/model/text/CLIP_LICENSE.txt",
    ):  # fmt: skip
        assert name in names, name
    assert not [name for name in names if name.startswith(("test", "training", "benchmarks"))]


def test_it_segments_in_a_fresh_environment(wheel, tmp_path):
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    # The PyTorch that this Python has: another one may bring gigabytes of CUDA.
    run(python, "-m", "pip", "install", "-q", f"torch=={version('torch')}", wheel)
    out = tmp_path / "mask.png"
    code = "import seem_ros; print(seem_ros.__file__)"
    package = Path(run(python, "-c", code, cwd=tmp_path).strip()).parent
    assert package.is_relative_to(tmp_path)
    frame = package / "demo" / "clip" / "frames" / "00000.jpg"
    command = tmp_path / "venv" / "bin" / "seem-ros"
    run(command, "segment", frame, "--click", "253,261", "--out", out, cwd=tmp_path)
    check = (
        "import cv2; mask = cv2.imread('mask.png', cv2.IMREAD_UNCHANGED); "
        "print(mask.shape, mask[261, 253], 500 < (mask > 0).sum() < mask.size / 2)"
    )
    assert run(python, "-c", check, cwd=tmp_path).strip() == "(480, 640) 255 True"
