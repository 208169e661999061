"""Headers of images that do not follow from one another are counted and said."""

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")

from builtin_interfaces.msg import Time
from std_msgs.msg import Header

from seem_ros.ros.health.headers import HeaderWatch


def header(sec, frame_id="camera"):
    return Header(stamp=Time(sec=sec), frame_id=frame_id)


def watched(*headers):
    watch = HeaderWatch()
    for count, item in enumerate(headers):
        watch.note(item, now_s=count / 30)
    return watch


def counts(watch):
    return tuple(watch.counts.values())


def test_headers_that_follow_one_another_are_no_problem():
    watch = watched(*map(header, range(5)))
    assert (counts(watch), watch.problem(0.2)) == ((0, 0, 0), "")


def test_images_without_stamps_are_no_problem():
    watch = watched(*[header(0)] * 5)
    assert (counts(watch), watch.problem(0.2)) == ((0, 0, 0), "")


def test_stamps_that_do_not_advance_are_counted_and_said_for_a_while():
    watch = watched(header(7), header(7), header(7), header(8))
    assert counts(watch) == (2, 0, 0)
    assert "2 images in 10 s had the stamp of the image before" in watch.problem(0.2)
    assert watch.problem(60.0) == ""
    assert counts(watch) == (2, 0, 0)


def test_one_jump_back_is_counted_and_many_are_said():
    assert watched(header(9), header(1), header(2)).problem(0.2) == ""
    watch = watched(header(9), header(1), header(9), header(1))
    assert counts(watch) == (0, 2, 0)
    assert "the stamps of 2 images in 10 s went back" in watch.problem(0.2)


def test_two_cameras_are_known_by_their_frames():
    watch = watched(header(1, "left"), header(2, "right"), header(3, "left"))
    assert counts(watch) == (0, 0, 2)
    assert "changed 2 times in 10 s, last from 'right' to 'left'" in watch.problem(0.2)


def test_an_empty_frame_id_is_said():
    assert "empty frame_id" in watched(header(1, "")).problem(0.2)
