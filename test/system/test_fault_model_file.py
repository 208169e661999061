"""The file of the model goes, is replaced or cut off while the node runs, and before it starts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages: make setup")

from geometry_msgs.msg import Point32
from rclpy.lifecycle import TransitionCallbackReturn
from sensor_msgs.msg import Image

from seem_ros import msg, resources
from seem_ros.ros import qos
from seem_ros.ros.messages import images
from seem_ros.ros.node.loaded_model import LoadedModel, load_model
from seem_ros.ros.node.parameters import NodeParameters
from support.node_bench import Bench

ENDS = (msg.PromptStatus.DONE, msg.PromptStatus.REFUSED, msg.PromptStatus.NOT_FOUND)


class FileBench(Bench):
    """A bench whose node loads the file that its parameter names."""

    def load(self, parameters: NodeParameters) -> LoadedModel:
        """Load as a node does."""
        return load_model(parameters)


def removed(path: Path) -> None:
    """Take the file away."""
    path.unlink()


def overwritten(path: Path) -> None:
    """Write other bytes into the file itself, as cp does."""
    path.write_bytes(b"\x55" * path.stat().st_size)


def cut_off(path: Path) -> None:
    """Leave the first bytes, as an interrupted copy does: what is mapped beyond them is gone."""
    with path.open("r+b") as file:
        file.truncate(100)


REASONS = {
    removed: "no such checkpoint file",
    overwritten: "no safetensors file",
    cut_off: "no safetensors file",
}


@pytest.fixture
def path(rclpy, tmp_path: Path) -> Path:
    """A copy of the bundled model's file."""
    return Path(shutil.copy(resources.weights_path("nano"), tmp_path / "copy.safetensors"))


def answered_click(bench: Bench) -> msg.PromptStatus:
    """Click on a frame; return the answer, once a label image of that frame was published too."""
    labels = bench.listen("/seem_node/label_image", Image)
    answers = bench.listen("/seem_node/prompt_status", msg.PromptStatus)
    shown = bench.see()
    bench.send("/seem_node/prompt", msg.Prompt(id="click", points=[Point32(x=40.0, y=50.0)]))
    answer = answers.wait(lambda item: item.id == "click" and item.code in ENDS)
    labels.wait(lambda item: item.header == shown.header and images.to_labels(item).any())
    return answer


@pytest.mark.parametrize("harm", REASONS)
def test_a_model_whose_file_is_harmed(path, harm):
    whole = path.read_bytes()
    with FileBench(model=str(path), device="cpu", second_eye=False) as bench:
        bench.activate()
        harm(path)
        assert answered_click(bench).code == msg.PromptStatus.DONE
        bench.node.trigger_deactivate()
        bench.node.trigger_cleanup()

        assert bench.node.trigger_configure() == TransitionCallbackReturn.FAILURE
        status = bench.listen("/seem_node/status", msg.Status, qos.latched())
        said = status.wait(lambda item: "cannot be loaded" in item.message).message
        assert said.startswith(f"{path} cannot be loaded: ")
        assert REASONS[harm] in said and "\n" not in said

        path.write_bytes(whole)
        bench.activate()
        assert answered_click(bench).code == msg.PromptStatus.DONE
