"""seem_node through its topics: images and prompts in, instances with exact values out."""

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")

from geometry_msgs.msg import Point, PointStamped
from sensor_msgs.msg import Image
from std_msgs.msg import String
from support.node_bench import GREEN, RED, SCENE

from seem_ros import msg
from seem_ros.ros import images


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
    image = bench.show()
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
