"""How fine pictures are, how much a page may send, and when parts of a view belong together."""

from seem_ros.console.limits import Bucket
from seem_ros.console.pace import LEVELS, Pace
from seem_ros.ros.console.matching import IMAGE, LABELS, RECORD, Matcher


class Link:
    """Carries so many bytes a second."""

    def __init__(self, rate, sizes=(80_000, 40_000, 25_000, 12_000, 5_000)):
        self.rate, self.sizes, self.pace = rate, sizes, Pace()

    def carry(self, pictures):
        took = []
        for _ in range(pictures):
            took.append(self.sizes[self.pace.level] / self.rate)
            self.pace.landed(took[-1])
        return took


def test_a_quick_link_gets_the_finest_pictures():
    link = Link(10e6)
    link.carry(12)
    assert link.pace.level == 0


def test_a_slow_link_gets_what_lands_in_time():
    for rate in (20_000, 40_000, 80_000, 160_000):
        link = Link(rate)
        took = link.carry(60)
        assert took[0] < 1.3
        assert max(took[5:]) < 0.7
        assert sum(step > 0.35 for step in took[5:]) <= 3  # it does not try again and again


def test_a_link_that_gets_better_is_used():
    link = Link(20_000)
    link.carry(20)
    assert link.pace.level == len(LEVELS) - 1
    link.rate = 10e6
    link.carry(400)
    assert link.pace.level == 0


def test_a_bucket_allows_a_burst_and_then_its_rate():
    now = [0.0]
    bucket = Bucket(10.0, 2.0, clock=lambda: now[0])
    assert sum(bucket.take(1) for _ in range(100)) == 20
    now[0] = 1.0
    assert sum(bucket.take(1) for _ in range(100)) == 10
    assert not bucket.take(10**9)


def add_all(matcher, stamp, *parts):
    return [matcher.add(stamp, part, f"{part}{stamp}") for part in parts][-1]


def test_parts_of_one_stamp_come_together_in_any_order():
    matcher = Matcher()
    assert add_all(matcher, 1, IMAGE) is None
    assert add_all(matcher, 2, IMAGE, LABELS) is None
    whole = add_all(matcher, 1, LABELS, RECORD)
    assert (whole[IMAGE], whole[RECORD], whole[LABELS]) == ("image1", "record1", "labels1")
    assert add_all(matcher, 2, RECORD)[LABELS] == "labels2"


def test_a_second_record_of_a_stamp_makes_it_whole_again():
    matcher = Matcher()
    add_all(matcher, 5, IMAGE, RECORD, LABELS)
    assert add_all(matcher, 5, RECORD) is None
    assert add_all(matcher, 5, LABELS)[IMAGE] == "image5"


def test_what_waits_is_bounded():
    matcher = Matcher()
    for stamp in range(1000):
        matcher.add(stamp, IMAGE, stamp, size=30 << 20)
    assert len(matcher._parts) <= 8
    assert add_all(matcher, 999, RECORD, LABELS)[IMAGE] == 999
    assert IMAGE not in add_all(matcher, 0, RECORD, LABELS)


def test_images_wait_for_masks_only_while_masks_come():
    now = [100.0]
    matcher = Matcher(clock=lambda: now[0])
    assert not matcher.is_patient()
    add_all(matcher, 1, IMAGE, RECORD, LABELS)
    now[0] += 0.5
    assert matcher.is_patient()
    add_all(matcher, 2, IMAGE, RECORD, LABELS)  # two a second: half a second is usual
    now[0] += 0.9
    assert matcher.is_patient()
    now[0] += 1.0
    assert not matcher.is_patient()


def test_masks_that_come_too_late_are_no_reason_to_wait():
    second = 1_000_000_000
    matcher = Matcher()
    for number in range(1, 6):
        matcher.add(number * second, IMAGE, number)
    assert add_all(matcher, 2 * second, RECORD, LABELS)["timely"] is False
    assert not matcher.is_patient()
    assert add_all(matcher, 4 * second, RECORD, LABELS)["timely"] is True
    assert matcher.is_patient()


def test_masks_of_an_image_that_is_gone_are_still_known():
    matcher = Matcher()
    add_all(matcher, 7, IMAGE)
    whole = add_all(matcher, 5, RECORD, LABELS)  # the image of stamp 5 was lost
    assert (whole["timely"], whole[RECORD], whole.get(IMAGE)) == (False, "record5", None)
    assert add_all(matcher, 8, RECORD, LABELS) is None  # that of stamp 8 may come yet
    assert add_all(matcher, 8, IMAGE)["timely"] is True
