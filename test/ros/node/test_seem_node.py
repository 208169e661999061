"""seem_node through its topics: images and prompts in, instances with exact values out."""

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages")

from geometry_msgs.msg import Point, PointStamped
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import String

from seem_ros import msg
from seem_ros.prompts import Mode, Prompt
from seem_ros.ros import qos
from seem_ros.ros.messages import images
from seem_ros.ros.messages.prompt_messages import prompt_to_message
from support.flood_segmenter import draw_scene
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


def answer_to(answers, prompt_id):
    """Return the message that ends a prompt."""
    return answers.wait(
        lambda message: message.id == prompt_id and message.code != msg.PromptStatus.ACCEPTED
    )


def ids(array):
    return [instance.id for instance in array.instances]


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


def test_instances_move_with_the_images_and_each_output_has_its_header(bench):
    instances = bench.listen("/seem_node/instances", msg.InstanceArray)
    bench.see()
    bench.send("/seem_node/click_mouse", Point(x=30.0, y=40.0))
    instances.wait(lambda message: message.instances)
    moved = bench.see(draw_scene([("red", (24, 33, 64, 83)), GREEN]))
    (one,) = instances.wait(lambda message: message.header == moved.header).instances
    assert (one.id, one.roi.x_offset, one.roi.y_offset, one.area) == (1, 24, 33, 40 * 50)
    assert one.last_seen == moved.header.stamp


def test_texts_are_split_and_what_is_not_there_makes_no_mask(bench):
    instances = bench.listen("/seem_node/instances", msg.InstanceArray)
    answers = bench.listen("/seem_node/prompt_status", msg.PromptStatus)
    bench.see()
    bench.send("/seem_node/text", String(data="green thing; purple thing ;;"))
    missing = answers.wait(lambda message: message.code == msg.PromptStatus.NOT_FOUND)
    assert missing.message == "nothing in view fits 'purple thing'"
    answers.wait(lambda message: message.code == msg.PromptStatus.DONE)
    (one,) = instances.wait(lambda message: message.instances).instances
    assert (one.class_name, one.prompt_kinds) == ("green", msg.Instance.TEXT)
    bench.send("/seem_node/text", String(data=" ; "))
    refused = answers.wait(lambda message: message.code == msg.PromptStatus.REFUSED)
    assert refused.message.startswith("empty prompt")


def test_prompts_before_any_image_are_refused(bench):
    answers = bench.listen("/seem_node/prompt_status", msg.PromptStatus)
    bench.send("/seem_node/prompt", prompt_to_message(Prompt(points=[(3, 4, 1)], id="early")))
    answer = answer_to(answers, "early")
    assert answer.code == msg.PromptStatus.REFUSED
    assert answer.message.startswith("no image yet")
    assert answer.header.stamp.sec == 0


def as_message(prompt, **changes):
    message = prompt_to_message(prompt)
    for name, value in changes.items():
        setattr(message, name, value)
    return message


BAD_PROMPTS = [
    (as_message(Prompt(points=[(float("nan"), 4, 1)])), "is not finite"),
    (as_message(Prompt(points=[(160, 4, 1)])), r"(160, 4) is outside the 160x120 image"),
    (as_message(Prompt(boxes=[(5, 5, 5, 9)])), "has no area"),
    (as_message(Prompt(mask=np.ones((7, 9), bool))), "mask is (7, 9), the image (120, 160)"),
    (as_message(Prompt()), "empty prompt"),
    (as_message(Prompt(points=[(3, 4, 1)]), mode=9), "unknown mode 9"),
    (as_message(Prompt(points=[(3, 4, 1)]), point_labels=[1, 0]), "1 points but 2 point_labels"),
    (as_message(Prompt(points=[(3, 4, 1)]), image_width=640), "set both or neither"),
    (as_message(Prompt(mode=Mode.REMOVE, instance_id=77)), "unknown instance 77"),
    (as_message(Prompt(mode=Mode.SELECT, instance_id=77)), "unknown instance 77"),
    (
        as_message(Prompt(points=[(3, 4, 1)], mode=Mode.REFINE, instance_id=9)),
        "unknown instance 9",
    ),
]


def test_bad_prompts_are_refused_with_the_reason_and_change_nothing(bench):
    answers = bench.listen("/seem_node/prompt_status", msg.PromptStatus)
    instances = bench.listen("/seem_node/instances", msg.InstanceArray)
    bench.see()
    bench.send("/seem_node/click_mouse", Point(x=30.0, y=40.0))
    before = instances.wait(lambda message: message.instances)
    for number, (message, reason) in enumerate(BAD_PROMPTS):
        message.id = f"bad {number}"
        bench.send("/seem_node/prompt", message)
        answer = answer_to(answers, message.id)
        assert answer.code == msg.PromptStatus.REFUSED
        assert reason in answer.message
        assert answer.header == before.header
    after = bench.see()
    (one,) = instances.wait(lambda message: message.header == after.header).instances
    assert (one.id, one.area, one.label) == (1, 40 * 50, "")


def test_a_prompt_drawn_on_a_smaller_picture_is_scaled(bench):
    instances = bench.listen("/seem_node/instances", msg.InstanceArray)
    bench.see()
    prompt = Prompt(boxes=[(10, 15, 30, 40)], image_size=(60, 80), label="mug", id="half")
    bench.send("/seem_node/prompt", prompt_to_message(prompt))
    (one,) = instances.wait(lambda message: message.instances).instances
    assert (one.label, one.area, one.prompt_kinds) == ("mug", 40 * 50, msg.Instance.BOX)


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


def test_an_incompatible_publisher_is_named(ros):
    with Bench() as bench:
        bench.activate()
        status = bench.listen("/seem_node/status", msg.Status, qos.latched())
        weak = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
        bench.operator.create_publisher(msg.Prompt, "/seem_node/prompt", weak)
        said = status.wait(lambda message: "incompatible RELIABILITY" in message.message)
        assert "qos_overrides./seem_node/prompt.subscription.reliability" in said.message


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
