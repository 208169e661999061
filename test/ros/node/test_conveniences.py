"""What operators' tools expect of a node: its own name, its log levels, sensible parameters."""

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import PointStamped
from rcl_interfaces.msg import LoggerLevel
from rcl_interfaces.srv import GetLoggerLevels, SetLoggerLevels
from rclpy.parameter import Parameter
from std_msgs.msg import Header

from seem_ros import msg
from seem_ros.ros import names, qos
from seem_ros.ros.node.seem_node import SeemNode
from support.node_bench import Bench


def test_two_nodes_of_one_name_are_said_with_what_to_do(ros, monkeypatch):
    monkeypatch.setattr(names, "SURE_S", 0.0)
    with Bench(status_period=0.1) as bench:
        status = bench.listen("/seem_node/status", msg.Status, qos.latched())
        diagnostics = bench.listen("/diagnostics", DiagnosticArray)
        twin = rclpy.create_node("seem_node")
        said = status.wait(lambda item: "nodes are named" in item.message)
        assert "2 nodes are named /seem_node" in said.message
        assert "-r __node:=" in said.message
        array = diagnostics.wait(lambda item: "are named" in item.status[1].message)
        assert array.status[1].level == DiagnosticStatus.WARN
        twin.destroy_node()
        bench.until(lambda: "are named" not in status.messages[-1].message)


def test_one_that_came_just_now_or_has_another_namespace_is_no_twin(ros, monkeypatch):
    with Bench() as bench:
        watch, listed = names.NameWatch(bench.node), bench.node.get_node_names_and_namespaces
        other = rclpy.create_node("seem_node", namespace="/robot2")
        bench.until(lambda: ("seem_node", "/robot2") in listed())
        twin = rclpy.create_node("seem_node")
        bench.until(lambda: listed().count(("seem_node", "/")) > 1)
        assert watch.problem() == ""
        monkeypatch.setattr(names, "SURE_S", 0.0)
        count = listed().count(("seem_node", "/"))
        assert watch.problem().startswith(f"{count} nodes are named /seem_node:")
        twin.destroy_node()
        other.destroy_node()


def test_the_log_level_can_be_set_while_it_runs(ros):
    with Bench() as bench:
        level = LoggerLevel(name="seem_node", level=LoggerLevel.LOG_LEVEL_DEBUG)
        (result,) = bench.call(
            "/seem_node/set_logger_levels", SetLoggerLevels, levels=[level]
        ).results
        assert result.successful
        (told,) = bench.call(
            "/seem_node/get_logger_levels", GetLoggerLevels, names=["seem_node"]
        ).levels
        assert told.level == LoggerLevel.LOG_LEVEL_DEBUG
        level.level = LoggerLevel.LOG_LEVEL_INFO
        bench.call("/seem_node/set_logger_levels", SetLoggerLevels, levels=[level])


def test_each_transition_is_a_line_of_the_log(ros, capfd):
    with Bench() as bench:
        bench.activate()
        bench.node.trigger_deactivate()
        bench.node.trigger_cleanup()
        bench.node.trigger_shutdown()
    said = capfd.readouterr().err
    words = ("loading model", "is ready", "activated: ", "deactivated", "cleaned up", "shut down")
    places = [said.find(word) for word in words]
    assert -1 not in places, said
    assert places == sorted(places), said


SCORES = ("tracked_score", "lost_score")


@pytest.mark.parametrize("order", [SCORES, SCORES[::-1]], ids=["tracked first", "lost first"])
def test_scores_that_contradict_each_other_are_taken_and_said(ros, capfd, order):
    with Bench() as bench:
        bench.activate()
        values = {"tracked_score": 0.2, "lost_score": 0.1}
        for name in order:
            (result,) = bench.node.set_parameters([Parameter(name, value=values[name])])
            assert result.successful
        bench.until(lambda: bench.worker.tracker.config.lost_score == 0.1)
    said = capfd.readouterr().err
    expected = "lost_score 0.25 is above tracked_score 0.2: 0.2 is used for both"
    assert said.count(expected) == said.count("is above") == (order == SCORES), said


def test_autostart_can_no_longer_change_anything_while_it_runs(ros):
    with Bench() as bench:
        (result,) = bench.node.set_parameters([Parameter("autostart", value=False)])
        assert not result.successful
        assert "read-only" in result.reason


def test_a_click_stamped_in_1970_is_about_the_newest_image(bench):
    answers = bench.listen("/seem_node/prompt_status", msg.PromptStatus)
    bench.see()
    click = PointStamped(header=Header())
    click.header.stamp.sec = 5
    click.point.x, click.point.y = 30.0, 40.0
    bench.send("/seem_node/click_pixel", click)
    done = answers.wait(lambda item: item.code == msg.PromptStatus.DONE)
    assert done.instance_id == 1


@pytest.mark.parametrize("word", ["seem_node", "eye"])
def test_the_parameter_file_is_heeded_under_any_name(ros, tmp_path, word):
    from seem_ros.resources import config_path

    text = config_path("seem.yaml").read_text().replace("max_instances: 20", "max_instances: 7")
    path = tmp_path / "seem.yaml"
    path.write_text(text)
    arguments = ["--ros-args", "-r", f"__node:={word}", "--params-file", str(path)]
    node = SeemNode(cli_args=arguments)
    try:
        assert node.get_name() == word
        assert node.parameters.max_instances == 7
    finally:
        node.destroy_node()
