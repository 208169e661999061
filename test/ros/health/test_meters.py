"""Rates and medians: pure Python, no ROS."""

from seem_ros.ros.health.meters import Meter


def test_meter_rates_and_medians_look_back_only_so_far():
    meter = Meter(window_s=2.0)
    assert (meter.rate(0.0), meter.median(0.0)) == (0.0, 0.0)
    for moment, value in [(0.0, 9.0), (10.0, 1.0), (10.5, 5.0), (11.0, 2.0)]:
        meter.add(value, now_s=moment)
    assert meter.rate(11.0) == 2.0
    assert meter.median(11.0) == 2.0
    assert meter.median(12.2) == 3.5  # 5 and 2 are left
    assert meter.rate(20.0) == 0.0
