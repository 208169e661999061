"""The services of seem_node: what they change, what they refuse, and that they never wait."""

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")

from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image
from std_srvs.srv import SetBool, Trigger

from seem_ros import msg, srv
from seem_ros.prompts import Mode, Prompt
from seem_ros.ros.messages import images
from seem_ros.ros.messages.prompt_messages import prompt_to_message
from support.node_bench import SCENE, Bench

ON_RED, ON_GREEN = [(30, 40, 1)], [(100, 40, 1)]


def add(bench, **fields):
    prompt = prompt_to_message(Prompt(**fields))
    return bench.call("/seem_node/add_prompt", srv.AddPrompt, prompt=prompt)


def listed(bench):
    return bench.call("/seem_node/list_instances", srv.ListInstances).instances


def ids(array):
    return [instance.id for instance in array.instances]


@pytest.fixture
def two(bench):
    """Return a bench with instance 1 on red, the target, and 2 on green."""
    bench.image = bench.see()
    assert add(bench, points=ON_RED).instance_id == 1
    assert add(bench, points=ON_GREEN).instance_id == 2
    return bench


def test_add_prompt_answers_with_the_instance(bench):
    image = bench.see()
    answer = add(bench, text="red", label="my mug")
    assert (answer.success, answer.instance_id, answer.code) == (True, 1, msg.PromptStatus.DONE)
    array = listed(bench)
    assert (array.header, ids(array), array.target_id) == (image.header, [1], 1)
    assert (array.instances[0].label, array.instances[0].area) == ("my mug", 40 * 50)
    missing = add(bench, text="purple")
    assert (missing.success, missing.code) == (False, msg.PromptStatus.NOT_FOUND)
    outside = add(bench, points=[(500, 1, 1)])
    assert (outside.success, outside.code) == (False, msg.PromptStatus.REFUSED)
    assert "outside the 160x120 image" in outside.message
    assert ids(listed(bench)) == [1]


def next_reading(bench, **fields):
    answer = bench.call("/seem_node/next_reading", srv.NextReading, **fields)
    return answer.success, answer.message, answer.reading, answer.readings


def test_the_next_reading_of_a_click(two):
    assert next_reading(two) == (True, "reading 2 of 2 of instance 1", 2, 2)
    first, second = listed(two).instances
    assert (first.reading, first.readings, second.reading, second.readings) == (2, 2, 0, 0)
    assert first.area > 40 * 50  # everything there is
    assert second.area == 0
    assert next_reading(two, instance_id=1) == (True, "reading 1 of 2 of instance 1", 1, 2)
    assert [item.area for item in listed(two).instances][0] == 40 * 50
    assert listed(two).instances[1].area > 0  # it has its pixels again
    bigger = add(two, mode=Mode.NEXT, instance_id=1, text="bigger")
    assert (bigger.success, bigger.message) == (True, "reading 2 of 2 of instance 1")
    two.call("/seem_node/undo", Trigger)
    two.until(lambda: listed(two).instances[0].area == 40 * 50)


def test_what_has_no_other_reading_is_refused_with_what_to_do(two):
    assert next_reading(two, instance_id=9) == (False, "unknown instance 9: known are 1, 2", 0, 0)
    assert add(two, mode=Mode.REMOVE, instance_id=2).success
    assert add(two, text="green").instance_id == 3
    success, message, reading, readings = next_reading(two, instance_id=3)
    assert (success, reading, readings) == (False, 0, 0)
    assert message.startswith("nothing was clicked on instance 3: click it, then ask")


def test_add_prompt_before_any_image_is_refused(bench):
    answer = add(bench, text="red")
    assert (answer.success, answer.code) == (False, msg.PromptStatus.REFUSED)
    assert answer.message.startswith("no image yet")
    assert listed(bench) == msg.InstanceArray()


def test_add_prompt_gives_up_after_the_time_limit_and_leaves_nothing(ros):
    with Bench(segment_timeout=0.2) as bench:
        bench.activate()
        bench.see()
        bench.segmenter.gate.clear()
        answer = add(bench, points=ON_RED)
        assert not answer.success
        assert answer.message == "no answer of the model within 0.2 s (segment_timeout)"
        bench.segmenter.gate.set()
        bench.until(lambda: bench.segmenter.batches)  # the prompt was inside the model
        later = bench.see()
        array = listed(bench)
        assert (array.header, ids(array)) == (later.header, [])


def test_select_rename_remove(two):
    masks = two.listen("/seem_node/target_mask", Image)
    answer = two.call("/seem_node/select_target", srv.SelectTarget, instance_id=2)
    assert (answer.success, answer.message) == (True, "instance 2 is the target")
    shown = masks.wait(lambda message: images.to_mask(message)[40, 100])
    assert shown.header == two.image.header
    assert int(images.to_mask(shown).sum()) == 50 * 60
    named = two.call("/seem_node/rename_instance", srv.RenameInstance, label=" bowl ")
    assert named.success
    assert [item.label for item in listed(two).instances] == ["", "bowl"]
    wrong = two.call("/seem_node/remove_instances", srv.RemoveInstances, instance_ids=[2, 9])
    assert (wrong.success, list(wrong.removed)) == (False, [])
    assert wrong.message == "unknown instance id 9; known are: 1, 2"
    assert ids(listed(two)) == [1, 2]
    gone = two.call("/seem_node/remove_instances", srv.RemoveInstances, instance_ids=[2])
    assert (gone.success, list(gone.removed)) == (True, [2])
    masks.wait(lambda message: not any(message.data))
    array = listed(two)
    assert (ids(array), array.target_id) == ([1], 0)
    unnamed = two.call("/seem_node/rename_instance", srv.RenameInstance, label="x")
    assert unnamed.message == "no instance is selected: give an instance_id"
    everything = two.call("/seem_node/remove_instances", srv.RemoveInstances)
    assert list(everything.removed) == [1]
    two.see()
    assert ids(listed(two)) == []


def test_unknown_ids_change_nothing(two):
    for name, kind in [
        ("select_target", srv.SelectTarget),
        ("rename_instance", srv.RenameInstance),
    ]:
        answer = two.call(f"/seem_node/{name}", kind, instance_id=77)
        assert (answer.success, answer.message) == (
            False,
            "unknown instance id 77; known are: 1, 2",
        )
    array = listed(two)
    assert (ids(array), array.target_id) == ([1, 2], 1)
    assert two.call("/seem_node/select_target", srv.SelectTarget, instance_id=0).success
    assert listed(two).target_id == 0


def test_undo_and_reset(two):
    assert two.call("/seem_node/undo", Trigger).success
    two.until(lambda: ids(listed(two)) == [1])
    again = add(two, points=ON_GREEN)
    assert again.instance_id == 3  # an id is never given to another thing
    answer = two.call("/seem_node/reset", Trigger)
    assert (answer.success, answer.message) == (
        True,
        "2 instances and 0 waiting prompts forgotten",
    )
    two.see()
    assert ids(listed(two)) == []
    nothing = two.call("/seem_node/undo", Trigger)
    assert (nothing.success, nothing.message) == (False, "nothing to undo")
    assert add(two, points=ON_RED).instance_id == 4


def test_refining_keeps_id_and_label(two):
    two.call("/seem_node/rename_instance", srv.RenameInstance, instance_id=1, label="mug")
    both = add(two, boxes=[(90, 30, 140, 90)], mode=Mode.REFINE, instance_id=1)
    assert (both.success, both.instance_id) == (True, 1)
    first = listed(two).instances[0]
    assert (first.id, first.label) == (1, "mug")
    assert first.prompt_kinds & (msg.Instance.POINT | msg.Instance.BOX) == 3


def test_controls_answer_while_the_model_is_busy(two):
    """The model stands still from before the calls until all of them are answered."""
    segmenter = two.segmenter
    instances = two.listen("/seem_node/instances", msg.InstanceArray)
    segmenter.gate.clear()
    segmenter.inside.clear()
    image = two.show()
    assert segmenter.inside.wait(20)
    waiting = two.call_async(
        "/seem_node/add_prompt", srv.AddPrompt, prompt=prompt_to_message(Prompt(text="red"))
    )
    assert two.call("/seem_node/select_target", srv.SelectTarget, instance_id=2).success
    assert two.call("/seem_node/rename_instance", srv.RenameInstance, label="bowl").success
    assert two.call("/seem_node/remove_instances", srv.RemoveInstances, instance_ids=[1]).success
    array = listed(two)
    assert (ids(array), array.target_id, array.instances[0].label) == ([2], 2, "bowl")
    parameter = Parameter("publish_masks", value=True).to_parameter_msg()
    answer = two.call("/seem_node/set_parameters", SetParameters, parameters=[parameter])
    assert answer.results[0].successful
    assert two.call("/seem_node/enable", SetBool, data=True).success
    assert not segmenter.gate.is_set()
    assert not waiting.done
    segmenter.gate.set()
    array = instances.wait(lambda message: message.header == image.header)
    assert (ids(array), array.target_id, array.instances[0].label) == ([2], 2, "bowl")
    assert array.instances[0].mask.height == 60
    assert waiting.wait().success


def test_undo_takes_back_the_prompt_that_waits_and_reset_refuses_it(two):
    segmenter = two.segmenter
    for name, reason in [("undo", "taken back"), ("reset", "the node was reset")]:
        segmenter.gate.clear()
        segmenter.inside.clear()
        two.show()
        assert segmenter.inside.wait(20)
        waiting = two.call_async(
            "/seem_node/add_prompt", srv.AddPrompt, prompt=prompt_to_message(Prompt(text="green"))
        )
        two.until(lambda: two.worker.inbox.pending == 1)
        assert two.call(f"/seem_node/{name}", Trigger).success
        answer = waiting.wait()
        assert (answer.success, answer.code) == (False, msg.PromptStatus.REFUSED)
        assert answer.message.startswith(reason)
        segmenter.gate.set()
    two.see()
    assert ids(listed(two)) == []


def test_switched_off_takes_no_image_and_no_prompt(two):
    assert two.call("/seem_node/enable", SetBool, data=False).success
    answer = add(two, points=ON_RED)
    assert answer.message == "the node is switched off: call ~/enable with true"
    two.show()
    status = two.listen("/seem_node/status", msg.Status)
    status.wait(lambda message: message.state == msg.Status.DISABLED)
    assert listed(two).header == two.image.header
    assert two.call("/seem_node/enable", SetBool, data=True).success
    later = two.see()
    array = listed(two)
    assert (array.header, ids(array)) == (later.header, [1, 2])


def test_segment_image_is_stateless(two):
    image = images.image_message(np.ascontiguousarray(SCENE[:, ::-1]), "rgb8", two.header())

    def segment(**fields):
        prompt = prompt_to_message(Prompt(**fields))
        return two.call("/seem_node/segment_image", srv.SegmentImage, image=image, prompt=prompt)

    answer = segment(text="red")
    assert (answer.success, ids(answer.instances)) == (True, [1])
    assert answer.instances.header == image.header
    assert answer.label_image.header == image.header
    labels = np.frombuffer(answer.label_image.data, np.uint16).reshape(120, 160)
    expected = np.zeros((120, 160), np.uint16)
    expected[30:80, 100:140] = 1
    np.testing.assert_array_equal(labels, expected)
    assert segment(text="purple").message == "nothing in view fits 'purple'"
    assert "outside" in segment(points=[(161, 1, 1)]).message
    image.encoding = "nv99"
    refused = segment(text="red")
    assert not refused.success
    assert "'nv99'" in refused.message
    array = listed(two)
    assert (array.header, ids(array)) == (two.image.header, [1, 2])


def test_segment_everything_is_stateless(two):
    image = images.image_message(np.ascontiguousarray(SCENE[:, ::-1]), "rgb8", two.header())

    def everything(**fields):
        return two.call("/seem_node/segment_everything", srv.SegmentEverything, **fields)

    given = everything(image=image)
    assert (given.success, ids(given.instances)) == (True, [1, 2])
    assert given.message.startswith("2 things, named: ")
    assert given.instances.header == given.label_image.header == image.header
    labels = np.frombuffer(given.label_image.data, np.uint16).reshape(120, 160)
    shown = np.unique(labels[30:80, 100:140])
    assert len(shown) == 1
    assert shown[0] in (1, 2)
    newest = everything()
    mirrored = np.frombuffer(newest.label_image.data, np.uint16).reshape(120, 160)[:, ::-1]
    np.testing.assert_array_equal(mirrored > 0, labels > 0)
    assert newest.instances.header == two.image.header
    image.encoding = "nv99"
    refused = everything(image=image)
    assert (refused.success, "'nv99'" in refused.message) == (False, True)
    assert ids(listed(two)) == [1, 2]
