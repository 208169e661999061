"""Instances out of seem_node, with exact values."""

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")

from geometry_msgs.msg import Point, PointStamped
from sensor_msgs.msg import CompressedImage, Image

from seem_ros import msg
from seem_ros.ros.messages import images
from support.node_bench import GREEN, RED, SCENE, Bench


def click(x, y, stamp=None):
    message = PointStamped()
    message.point = Point(x=float(x), y=float(y))
    if stamp is not None:
        message.header.stamp = stamp
    return message


def truth(shape):
    mask = np.zeros(SCENE.shape[:2], bool)
    x0, y0, x1, y1 = shape[1]
    mask[y0:y1, x0:x1] = True
    return mask


def test_a_click_becomes_an_instance_with_the_header_of_its_image(bench):
    instances = bench.listen("/seem_node/instances", msg.InstanceArray)
    labels = bench.listen("/seem_node/label_image", Image)
    mask = bench.listen("/seem_node/target_mask", Image)
    answers = bench.listen("/seem_node/prompt_status", msg.PromptStatus)
    image = bench.see()
    bench.send("/seem_node/click_pixel", click(30, 40, image.header.stamp))
    array = instances.wait(lambda message: message.instances)
    assert array.header == image.header
    assert (array.height, array.width, array.target_id) == (120, 160, 1)
    (one,) = array.instances
    assert (one.id, one.state, one.prompt_kinds) == (1, msg.Instance.TRACKED, msg.Instance.POINT)
    assert (one.class_name, one.area) == ("red", 40 * 50)
    roi = one.roi
    assert (roi.x_offset, roi.y_offset, roi.width, roi.height) == (20, 30, 40, 50)
    assert one.last_seen == image.header.stamp
    assert one.score == pytest.approx(0.95)
    assert one.mask.height == 0
    shown = labels.wait(lambda message: any(message.data))
    assert shown.header == image.header
    pixels = np.frombuffer(shown.data, np.uint16).reshape(120, 160)
    np.testing.assert_array_equal(pixels, truth(RED).astype(np.uint16))
    target = mask.wait(lambda message: any(message.data))
    assert (target.header, target.encoding) == (image.header, "mono8")
    np.testing.assert_array_equal(images.to_mask(target), truth(RED))
    done = answers.wait(lambda message: message.code == msg.PromptStatus.DONE)
    assert (done.instance_id, done.header) == (1, image.header)
    codes = [answer.code for answer in answers.messages]
    assert codes.index(msg.PromptStatus.ACCEPTED) < codes.index(msg.PromptStatus.DONE)


def test_the_overlay_is_drawn_only_while_somebody_looks(bench, monkeypatch):
    drawn = []
    from seem_ros.ros.node import outputs

    draw = outputs.draw_overlay
    monkeypatch.setattr(outputs, "draw_overlay", lambda *args: drawn.append(1) or draw(*args))
    bench.see()
    bench.see()
    assert drawn == []
    overlays = bench.listen("/seem_node/overlay", Image)
    jpegs = bench.listen("/seem_node/overlay/compressed", CompressedImage)
    bench.send("/seem_node/click_mouse", Point(x=30.0, y=40.0))
    image = bench.see()
    overlay = overlays.wait(lambda message: message.header == image.header)
    assert (overlay.encoding, overlay.height, overlay.width) == ("rgb8", 120, 160)
    picture = images.to_rgb(overlay)
    assert np.abs(picture[35:75, 25:55].astype(int) - SCENE[35:75, 25:55]).max() > 30
    np.testing.assert_array_equal(picture[60:85, 100:135], SCENE[60:85, 100:135])
    jpeg = jpegs.wait(lambda message: message.header == image.header)
    assert images.compressed_to_rgb(jpeg).shape == (120, 160, 3)
    assert len(drawn) == len(overlays.messages)


def test_other_readings_are_outlined_by_parameter(ros):
    with Bench(show_readings=True) as bench:
        bench.activate()
        overlays = bench.listen("/seem_node/overlay", Image)
        instances = bench.listen("/seem_node/instances", msg.InstanceArray)
        bench.see()
        bench.send("/seem_node/click_mouse", Point(x=30.0, y=40.0))
        (one,) = instances.wait(lambda message: message.instances).instances
        assert (one.reading, one.readings, one.area) == (1, 2, 40 * 50)
        x0, y0, x1, y1 = GREEN[1]
        edge = truth(GREEN)
        edge[y0 + 1 : y1 - 1, x0 + 1 : x1 - 1] = False

        def outlined(message):
            picture = images.to_rgb(message)
            white, black = (picture == 255).all(2), (picture == 0).all(2)
            return (white | black)[edge].mean() > 0.8

        shown = images.to_rgb(overlays.wait(outlined))
        inside = truth(GREEN) & ~edge
        assert (shown[inside] == SCENE[inside]).all()  # an outline, no filling


def test_mono8_labels_and_cropped_masks_by_parameter(ros):
    with Bench(label_encoding="mono8", publish_masks=True) as bench:
        bench.activate()
        labels = bench.listen("/seem_node/label_image", Image)
        instances = bench.listen("/seem_node/instances", msg.InstanceArray)
        bench.see()
        bench.send("/seem_node/click_mouse", Point(x=100.0, y=40.0))
        shown = labels.wait(lambda message: any(message.data))
        assert shown.encoding == "mono8"
        np.testing.assert_array_equal(images.to_mask(shown), truth(GREEN))
        (one,) = instances.wait(lambda message: message.instances).instances
        assert (one.mask.encoding, one.mask.height, one.mask.width) == ("mono8", 60, 50)
        assert images.to_mask(one.mask).all()
