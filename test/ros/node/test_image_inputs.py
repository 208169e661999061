"""Images into seem_node: which are worked on, and what is said of those that cannot be."""

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")

from geometry_msgs.msg import Point
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
from std_msgs.msg import String

from seem_ros import msg
from seem_ros.ros import qos
from seem_ros.ros.messages import images
from support.flood_segmenter import draw_scene
from support.node_bench import GREEN, SCENE, Bench


def ids(array):
    return [instance.id for instance in array.instances]


def test_instances_move_with_the_images_and_each_output_has_its_header(bench):
    instances = bench.listen("/seem_node/instances", msg.InstanceArray)
    bench.see()
    bench.send("/seem_node/click_mouse", Point(x=30.0, y=40.0))
    instances.wait(lambda message: message.instances)
    moved = bench.see(draw_scene([("red", (24, 33, 64, 83)), GREEN]))
    (one,) = instances.wait(lambda message: message.header == moved.header).instances
    assert (one.id, one.roi.x_offset, one.roi.y_offset, one.area) == (1, 24, 33, 40 * 50)
    assert one.last_seen == moved.header.stamp


def test_an_unknown_encoding_is_said_and_counted_and_the_node_goes_on(bench):
    status = bench.listen("/seem_node/status", msg.Status, qos.latched())
    instances = bench.listen("/seem_node/instances", msg.InstanceArray)
    bench.show(encoding="nv99")
    bad = status.wait(lambda message: message.images_unreadable == 1)
    assert bad.state == msg.Status.ERROR
    assert "encoding 'nv99'" in bad.message
    assert (bad.images_received, bad.images_dropped) == (1, 1)
    good = bench.see()
    instances.wait(lambda message: message.header == good.header)
    fine = status.wait(lambda message: message.state == msg.Status.RUNNING)
    assert (fine.header, fine.message) == (good.header, "running")
    assert (fine.images_received, fine.images_unreadable) == (2, 1)


def test_compressed_images(ros):
    with Bench(image_transport="compressed") as bench:
        bench.activate()
        instances = bench.listen("/seem_node/instances", msg.InstanceArray)
        header = bench.header()
        jpeg = images.compressed_message(SCENE, header, jpeg_quality=95)
        bench.send("/image/compressed", jpeg)
        bench.until(lambda: bench.worker.view is not None)
        bench.send("/seem_node/text", String(data="red"))
        array = instances.wait(lambda message: message.instances)
        assert array.header == header
        assert array.instances[0].area == pytest.approx(40 * 50, rel=0.03)


@pytest.mark.parametrize(
    ("rules", "topic"),
    [
        ({"image": "/cam/image_raw"}, "/cam/image_raw/compressed"),
        ({"image/compressed": "/cam/jpeg"}, "/cam/jpeg"),
        ({}, "/image/compressed"),
    ],
)
def test_compressed_images_follow_the_remapping_of_image(ros, rules, topic):
    with Bench(remap=rules, image_transport="compressed") as bench:
        bench.activate()
        assert topic in {item.topic_name for item in bench.node.subscriptions}
        bench.send(topic, images.compressed_message(SCENE, bench.header()))
        bench.until(lambda: bench.worker.view is not None)


@pytest.mark.parametrize("bit_depth", [0, 13])
def test_a_sixteen_bit_camera_that_uses_fewer(ros, bit_depth):
    with Bench(bit_depth=bit_depth) as bench:
        bench.activate()
        grey = draw_scene([("white", (20, 30, 60, 80))])[..., 0].astype(np.uint16)
        faint = 7200 + 4 * grey if bit_depth == 0 else 32 * grey
        message = images.image_message(faint, "mono16", bench.header())
        bench.send("/image", message)
        bench.until(lambda: bench.worker.view is not None)
        bench.send("/seem_node/click_mouse", Point(x=30.0, y=40.0))
        bench.until(lambda: bench.worker.view.instances)
        assert bench.worker.view.instances[0].box == (20, 30, 60, 80)
        assert not bench.worker.view.is_blank


def test_only_the_newest_image_is_segmented(bench):
    status = bench.listen("/seem_node/status", msg.Status, qos.latched())
    instances = bench.listen("/seem_node/instances", msg.InstanceArray)
    bench.see()
    bench.send("/seem_node/click_mouse", Point(x=30.0, y=40.0))
    instances.wait(lambda message: message.instances)
    inbox = bench.worker.inbox
    bench.segmenter.gate.clear()
    bench.segmenter.inside.clear()
    stuck = bench.show()
    assert bench.segmenter.inside.wait(20)
    waiting = []
    for count in (3, 4, 5):
        waiting.append(bench.show())
        bench.until(lambda count=count: inbox.images_received == count)
    bench.segmenter.gate.set()
    instances.wait(lambda message: message.header == waiting[-1].header)
    headers = [message.header for message in instances.messages]
    assert stuck.header in headers
    assert waiting[0].header not in headers
    assert waiting[1].header not in headers
    counted = status.wait(lambda message: message.images_received == 5)
    assert counted.images_dropped == 2


def test_images_that_are_too_old_or_late_are_dropped_and_counted(ros):
    with Bench(max_image_age=1.0) as bench:
        bench.activate()
        worker = bench.worker
        bench.show()  # stamped in 1970
        bench.until(lambda: worker.outdated == 1)
        assert worker.view is None
        fresh = images.image_message(SCENE, "rgb8", bench.header())
        fresh.header.stamp = bench.node.get_clock().now().to_msg()
        bench.send("/image", fresh)
        bench.until(lambda: worker.view is not None and worker.view.header == fresh.header)
        late = images.image_message(SCENE, "rgb8", bench.header())
        late.header.stamp.sec = fresh.header.stamp.sec
        late.header.stamp.nanosec = max(0, fresh.header.stamp.nanosec - 1)
        bench.send("/image", late)
        bench.until(lambda: worker.outdated == 2)
        assert worker.view.header == fresh.header
        assert worker.image_counts["images_dropped"] == 2


def test_an_incompatible_publisher_is_named(ros):
    with Bench() as bench:
        bench.activate()
        status = bench.listen("/seem_node/status", msg.Status, qos.latched())
        weak = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
        publisher = bench.operator.create_publisher(msg.Prompt, "/seem_node/prompt", weak)
        said = status.wait(lambda message: "incompatible RELIABILITY" in message.message)
        assert "qos_overrides./seem_node/prompt.subscription.reliability" in said.message
        bench.operator.destroy_publisher(publisher)
        bench.until(lambda: "incompatible" not in status.messages[-1].message)


def test_qualities_of_service_can_be_overridden(ros):
    with Bench(**{"qos_overrides./image.subscription.reliability": "reliable"}) as bench:
        for _ in range(2):
            bench.activate()
            (image,) = bench.node.get_subscriptions_info_by_topic("/image")
            assert image.qos_profile.reliability == ReliabilityPolicy.RELIABLE
            (prompt,) = bench.node.get_subscriptions_info_by_topic("/seem_node/prompt")
            assert prompt.qos_profile.reliability == ReliabilityPolicy.RELIABLE
            bench.node.trigger_deactivate()
            bench.node.trigger_cleanup()


def test_the_image_size_may_change(bench):
    instances = bench.listen("/seem_node/instances", msg.InstanceArray)
    labels = bench.listen("/seem_node/label_image", Image)
    bench.see()
    bench.send("/seem_node/click_mouse", Point(x=30.0, y=40.0))
    instances.wait(lambda message: message.instances)
    larger = bench.see(np.repeat(np.repeat(SCENE, 2, axis=0), 2, axis=1))
    array = instances.wait(lambda message: message.header == larger.header)
    assert (array.height, array.width, ids(array)) == (240, 320, [1])
    shown = labels.wait(lambda message: message.header == larger.header)
    assert (shown.height, shown.width) == (240, 320)
