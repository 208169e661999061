"""Programs as a person starts them: the node, the prompt command, the demo."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import cv2
import pytest

from seem_ros.demo.cues import BANANA, inner_point

PATIENCE_S = 240  # a limit for failing, never for passing: loaded machines are slow


def test_a_node_without_image_refuses_prompts_and_ends_at_ctrl_c(rclpy, tmp_path):
    from seem_ros.demo.node_process import executable
    from support.running_system import RunningSystem

    with RunningSystem(tmp_path) as system:
        system.operator.wait_until_ready(PATIENCE_S)
        command = [executable("prompt"), "--click", "10", "10", "--timeout", str(PATIENCE_S)]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
        assert answer.returncode == 1
        assert "no image" in answer.stderr
    assert system.node.exit_code == 0


def test_the_prompt_command_reaches_the_node(fresh):
    from seem_ros.demo.node_process import executable

    x, y = inner_point(fresh.mask_of(BANANA))
    command = [executable("prompt"), "--click", str(x), str(y), "--label", "lunch"]
    command += ["--timeout", str(PATIENCE_S)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert (answer.returncode, answer.stderr) == (0, "")
    fresh.show(fresh.clip[0])
    (instance,) = fresh.answers.instances.instances
    assert instance.label == "lunch"
    assert fresh.answers.labels[int(y), int(x)] == instance.id


@pytest.mark.usefixtures("installed")
def test_ctrl_c_ends_the_demo_and_its_node_without_a_traceback(tmp_path):
    elsewhere = int(os.environ["ROS_DOMAIN_ID"]) ^ 1
    demo = subprocess.Popen(
        [sys.executable, "-m", "seem_ros.demo", "--out", tmp_path, "--device", "cpu"],
        env={**os.environ, "ROS_DOMAIN_ID": str(elsewhere), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in demo.stdout:
        if line.startswith("playing"):
            demo.send_signal(signal.SIGINT)
    _, complaint = demo.communicate(timeout=PATIENCE_S)
    assert (demo.returncode, complaint) == (130, "")
    assert "shut down" in (tmp_path / "seem_node.log").read_text()


@pytest.mark.usefixtures("installed")
def test_the_demo_in_short_leaves_what_it_promises(tmp_path):
    pytest.importorskip("skimage", reason="needs scikit-image's photographs")
    reader = pytest.importorskip("mcap_ros2.reader", reason="needs mcap-ros2-support")
    command = [sys.executable, "-m", "seem_ros.demo", "--out", tmp_path, "--device", "cpu"]
    elsewhere = int(os.environ["ROS_DOMAIN_ID"]) ^ 1  # the other tests' node must not answer
    demo = subprocess.run(
        [*command, "--frames", "7", "--photographs", "1"],
        env={**os.environ, "ROS_DOMAIN_ID": str(elsewhere)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert (demo.returncode, demo.stderr) == (0, "")
    assert "box around the banana" in demo.stdout
    figures = json.loads((tmp_path / "results.json").read_text())["prompts"]
    assert [item["prompt"] for item in figures][:2] == [
        "click on the red mug",
        "box around the banana",
    ]
    assert [item["answer"] for item in figures][:2] == ["done", "done"]
    assert all(0 <= item["iou"] <= 1 for item in figures[:2])
    assert "cloud's centre" in demo.stdout
    assert cv2.imread(str(tmp_path / "spatial.png")).shape == (480, 1280, 3)
    assert cv2.imread(str(tmp_path / "contact_sheet.png")) is not None
    assert cv2.imread(str(tmp_path / "overlays" / "00000.jpg")).shape == (480, 640, 3)
    video = cv2.VideoCapture(str(tmp_path / "demo.mp4"))
    assert (video.get(cv2.CAP_PROP_FRAME_WIDTH), video.read()[0]) == (640, True)
    messages = list(reader.read_ros2_messages(tmp_path / "demo.mcap"))
    recorded = {message.channel.topic for message in messages}
    assert recorded >= {
        "/image/compressed",
        "/seem_node/label_image",
        "/seem_node/markers",
        "/seem_node/points",
        "/seem_node/prompt",
    }
    prompts = [item.ros_msg for item in messages if item.channel.topic == "/seem_node/prompt"]
    assert [(item.id, len(item.points), len(item.boxes)) for item in prompts][:2] == [
        ("demo-1", 1, 0),
        ("demo-2", 0, 1),
    ]
