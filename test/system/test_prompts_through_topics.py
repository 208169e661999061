"""Frames and prompts in, masks out: two processes that share nothing but topics and services."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seem_ros.demo.cues import BANANA, CUBE, RED_MUG, inner_point
from seem_ros.instances import box_of, iou
from seem_ros.prompts import Mode

LABELS = {BANANA: "banana", RED_MUG: "red mug"}


def click(system, mesh):
    """Click on an object of the clip and return the status."""
    x, y = inner_point(system.mask_of(mesh))
    return system.ask(points=[(x, y, 1)], label=LABELS[mesh])


def box(system, mesh):
    """Draw a box around an object of the clip and return the status."""
    return system.ask(boxes=[box_of(system.mask_of(mesh))], label=LABELS[mesh])


def test_every_output_has_the_header_and_size_of_its_image(fresh):
    answers = fresh.answers
    header = answers.instances.header
    assert header.frame_id == "camera_color_optical_frame"
    assert (header.stamp.sec, header.stamp.nanosec) != (0, 0)
    assert all(message.header == header for message in answers.messages.values())
    assert answers.instances.instances == []
    assert (answers.instances.height, answers.instances.width) == (480, 640)
    assert answers.messages["label_image"].encoding == "mono16"
    assert answers.messages["target_mask"].encoding == "mono8"
    assert answers.labels.shape == (480, 640)
    assert not answers.labels.any()
    assert not fresh.target_mask.any()
    assert answers.overlay.shape == (480, 640, 3)


def test_a_click_makes_one_instance_that_is_the_same_on_all_outputs(fresh):
    from seem_ros.msg import Instance, PromptStatus

    status = click(fresh, BANANA)
    assert status.code == PromptStatus.DONE
    assert status.header == fresh.answers.instances.header
    (instance,) = fresh.answers.instances.instances
    assert instance.id == status.instance_id == fresh.answers.instances.target_id
    assert (instance.label, instance.prompt_kinds) == ("banana", Instance.POINT)
    assert instance.last_seen == fresh.answers.instances.header.stamp
    assert 0 < instance.score <= 1

    pixels = fresh.answers.labels == instance.id
    assert set(np.unique(fresh.answers.labels)) == {0, instance.id}
    assert instance.area == np.count_nonzero(pixels)
    x0, y0, x1, y1 = box_of(pixels)
    roi = instance.roi
    assert (roi.x_offset, roi.y_offset, roi.width, roi.height) == (x0, y0, x1 - x0, y1 - y0)
    crop = np.frombuffer(instance.mask.data, np.uint8).reshape(roi.height, roi.width)
    np.testing.assert_array_equal(crop, pixels[y0:y1, x0:x1] * 255)
    np.testing.assert_array_equal(fresh.target_mask, pixels * 255)
    x, y = inner_point(fresh.mask_of(BANANA))
    assert pixels[int(y), int(x)]


def test_a_box_finds_the_thing_inside_it(fresh):
    status = box(fresh, BANANA)
    found = fresh.answers.labels == status.instance_id
    assert iou(found, fresh.mask_of(BANANA)) > 0.5


def test_two_things_have_two_ids_and_selecting_moves_the_target_mask(fresh):
    from seem_ros.srv import SelectTarget

    first, second = box(fresh, BANANA).instance_id, box(fresh, RED_MUG).instance_id
    assert first != second
    assert fresh.ids == [first, second]
    assert set(np.unique(fresh.answers.labels)) == {0, first, second}
    assert fresh.call(SelectTarget, "select_target", instance_id=first).success
    fresh.show(fresh.clip[0])
    assert fresh.answers.instances.target_id == first
    shown = fresh.answers.labels == first
    assert np.all(fresh.target_mask[shown] == 255)

    refused = fresh.call(SelectTarget, "select_target", instance_id=40000)
    assert not refused.success
    assert "40000" in refused.message
    fresh.show(fresh.clip[0])
    assert fresh.answers.instances.target_id == first


def test_an_instance_keeps_its_id_and_name_through_the_clip(fresh):
    instance_id = box(fresh, BANANA).instance_id
    for position in (1, 2, 3):
        answers = fresh.show(fresh.clip[position])
        (instance,) = answers.instances.instances
        assert (instance.id, instance.label) == (instance_id, "banana")
        assert instance.area == np.count_nonzero(answers.labels == instance_id)
        assert instance.last_seen == answers.instances.header.stamp


def test_refining_keeps_the_id_and_undo_takes_it_back(fresh):
    from std_srvs.srv import Trigger

    from seem_ros.msg import Instance

    instance_id = box(fresh, BANANA).instance_id
    x, y = inner_point(fresh.mask_of(RED_MUG))
    status = fresh.ask(points=[(x, y, 0)], mode=Mode.REFINE, instance_id=instance_id)
    assert status.instance_id == instance_id
    assert fresh.ids == [instance_id]
    (instance,) = fresh.answers.instances.instances
    assert instance.prompt_kinds & (Instance.POINT | Instance.BOX) == (
        Instance.POINT | Instance.BOX
    )
    assert fresh.answers.labels[int(y), int(x)] == 0

    assert fresh.call(Trigger, "undo").success
    (instance,) = fresh.show(fresh.clip[0]).instances.instances
    assert (instance.id, instance.label) == (instance_id, "banana")
    assert instance.prompt_kinds & Instance.POINT == 0


def test_undo_of_the_only_prompt_leaves_nothing_and_a_further_one_is_refused(fresh):
    from std_srvs.srv import Trigger

    click(fresh, BANANA)
    assert fresh.call(Trigger, "undo").success
    assert fresh.show(fresh.clip[0]).instances.instances == []
    assert not fresh.answers.labels.any()
    again = fresh.call(Trigger, "undo")
    assert not again.success
    assert again.message


def test_removing_is_all_or_nothing_and_ids_are_not_used_again(fresh):
    from seem_ros.srv import RemoveInstances

    first, second = box(fresh, BANANA).instance_id, box(fresh, RED_MUG).instance_id
    refused = fresh.call(RemoveInstances, "remove_instances", instance_ids=[first, 40000])
    assert not refused.success
    assert "40000" in refused.message
    fresh.show(fresh.clip[0])
    assert fresh.ids == [first, second]

    removed = fresh.call(RemoveInstances, "remove_instances", instance_ids=[first])
    assert removed.success
    assert list(removed.removed) == [first]
    fresh.show(fresh.clip[0])
    assert fresh.ids == [second]
    assert not np.any(fresh.answers.labels == first)
    assert box(fresh, BANANA).instance_id > second


def test_reset_forgets_everything(fresh):
    box(fresh, BANANA)
    fresh.start_over()
    assert fresh.ids == []
    assert not fresh.answers.labels.any()
    assert fresh.answers.instances.target_id == 0


REFUSED = {
    "outside": ({"points": [(900.0, 10.0, 1)]}, "900"),
    "nan": ({"points": [(math.nan, 10.0, 1)]}, "nan"),
    "no area": ({"boxes": [(10.0, 10.0, 10.0, 90.0)]}, "box"),
    "mask size": ({"mask": np.ones((10, 10), bool)}, "10"),
    "nothing": ({}, ""),
    "unknown id": (
        {"points": [(9.0, 9.0, 1)], "mode": Mode.REFINE, "instance_id": 40000},
        "40000",
    ),
}


@pytest.mark.parametrize(("fields", "named"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_prompt_is_refused_with_its_reason_and_changes_nothing(fresh, fields, named):
    from seem_ros.msg import PromptStatus
    from seem_ros.srv import ListInstances

    def held():
        """Return the instances without their names, which come after the mask."""
        answer = fresh.call(ListInstances, "list_instances")
        for instance in answer.instances.instances:
            instance.class_name, instance.class_score = "", 0.0
        return answer

    box(fresh, BANANA)
    before = held()
    assert len(before.instances.instances) == 1
    status = fresh.ask(**fields)
    assert status.code == PromptStatus.REFUSED
    assert status.instance_id == 0
    assert status.message
    assert named in status.message.lower()
    assert held() == before


def test_text_that_names_nothing_in_view_is_not_found_and_makes_no_mask(fresh):
    from seem_ros.msg import PromptStatus

    status = fresh.ask(text="elephant")
    assert (status.code, status.instance_id) == (PromptStatus.NOT_FOUND, 0)
    assert "elephant" in status.message
    assert fresh.ids == []
    assert not fresh.answers.labels.any()


def test_text_names_a_thing_in_view(fresh):
    from seem_ros.msg import Instance, PromptStatus

    status = fresh.ask(text="rubik's cube")
    assert status.code == PromptStatus.DONE
    found = {item.id: item for item in fresh.answers.instances.instances}
    assert found[status.instance_id].prompt_kinds == Instance.TEXT
    assert iou(fresh.answers.labels == status.instance_id, fresh.mask_of(CUBE)) > 0.5
