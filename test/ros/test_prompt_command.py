"""The `prompt` command: what its options mean, and its way to the node and back."""

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")

from seem_ros.exchange.picture_files import write_picture
from seem_ros.prompts import Mode, Prompt
from seem_ros.ros import prompt_command
from seem_ros.ros.prompt_command import main, parser, prompt_of, send


def prompt_from(*words):
    return prompt_of(parser().parse_args(words))


def test_clicks_box_and_words():
    prompt = prompt_from(
        "--click", "320", "240", "--click", "1.5", "2", "--negative", "4", "5",
        "--box", "10", "20", "30", "40", "--text", "red mug", "--negative-text", "blue mug",
        "--label", "mine", "--track",
    )  # fmt: skip
    assert prompt.points == ((320, 240, 1), (1.5, 2, 1), (4, 5, 0))
    assert prompt.boxes == ((10, 20, 30, 40),)
    assert (prompt.text, prompt.negative_text, prompt.label) == ("red mug", "blue mug", "mine")
    assert (prompt.mode, prompt.track, prompt.source) == (Mode.ADD, True, "shell")


@pytest.mark.parametrize(
    ("words", "mode", "instance_id"),
    [
        (["--remove", "3"], Mode.REMOVE, 3),
        (["--select", "2"], Mode.SELECT, 2),
        (["--next"], Mode.NEXT, 0),
        (["--next", "2", "--text", "bigger"], Mode.NEXT, 2),
        (["--remove"], Mode.REMOVE, 0),
        (["--undo"], Mode.UNDO, 0),
        (["--refine", "7", "--click", "1", "1"], Mode.REFINE, 7),
        (["--replace", "--click", "1", "1"], Mode.REPLACE, 0),
    ],
)
def test_commands(words, mode, instance_id):
    prompt = prompt_from(*words)
    assert (prompt.mode, prompt.instance_id) == (mode, instance_id)


def test_two_prompts_have_two_ids():
    assert prompt_from("--undo").id != prompt_from("--undo").id


def test_nothing_to_send_says_what_to_give():
    with pytest.raises(ValueError, match="nothing to send: give --text"):
        prompt_from("--label", "mug")


@pytest.mark.parametrize(
    ("prompt", "code", "text"),
    [
        (Prompt(text="red thing", id="a"), 0, "instance 1"),
        (Prompt(text="purple thing", id="b"), 3, "nothing in view fits 'purple thing'"),
        (Prompt(points=[(999, 1, 1)], id="c"), 1, "point (999, 1) is outside the 160x120 image"),
    ],
)
def test_through_the_node(bench, ros, prompt, code, text):
    bench.see()
    shell = ros.create_node("shell")
    assert send(shell, prompt, "seem_node", 20.0) == (code, text)
    shell.destroy_node()


def test_without_a_node(ros):
    shell = ros.create_node("shell")
    code, text = send(shell, Prompt(text="mug", id="d"), "nobody", 0.1)
    shell.destroy_node()
    assert code == 1
    assert text == "no node takes prompts on /nobody/prompt: is nobody active?"


def test_ctrl_c_has_its_own_exit_code(ros, monkeypatch, capsys):
    def press(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(prompt_command, "sent", press)
    monkeypatch.setattr(prompt_command.process, "initialise", lambda *_: None)
    monkeypatch.setattr(prompt_command.rclpy, "try_shutdown", lambda: None)
    with pytest.raises(SystemExit) as ended:
        main(["--text", "mug"])
    assert (ended.value.code, capsys.readouterr().err) == (130, "prompt: interrupted\n")


def test_strokes_masks_and_examples(tmp_path):
    mask = np.zeros((12, 16), bool)
    mask[2:5, 3:9] = True
    write_picture(tmp_path / "m.png", mask)
    write_picture(tmp_path / "e.png", np.full((12, 16, 3), 90, np.uint8))
    prompt = prompt_from(
        "--stroke", "1", "2", "3", "4", "5", "6", "--negative-stroke", "9,9,8,8",
        "--mask", str(tmp_path / "m.png"), "--click", "7,8",
        "--example", str(tmp_path / "e.png"), "--example-mask", str(tmp_path / "m.png"),
    )  # fmt: skip
    assert [(stroke.points, stroke.positive) for stroke in prompt.strokes] == [
        (((1, 2), (3, 4), (5, 6)), True), (((9, 9), (8, 8)), False),
    ]  # fmt: skip
    assert np.array_equal(prompt.mask, mask)
    assert prompt.points == ((7, 8, 1),)
    assert (prompt.example[0] == 90).all()
    assert np.array_equal(prompt.example[1], mask)


def test_a_stroke_through_the_node(bench, ros):
    bench.see()
    shell = ros.create_node("shell")
    prompt = prompt_from("--stroke", "15", "20", "40", "25")
    assert send(shell, prompt, "seem_node", 20.0)[0] == 0
    shell.destroy_node()


def test_a_missing_picture_is_one_line(tmp_path):
    with pytest.raises(SystemExit, match="prompt: no such file: none.png"):
        main(["--mask", "none.png"])
