"""Mailbox, inbox, requests and meters: pure Python, no ROS."""

import threading

import pytest

from seem_ros.prompts import Prompt
from seem_ros.ros.health.meters import Meter
from seem_ros.ros.node.inbox import ClosedError, Inbox
from seem_ros.ros.node.mailbox import Mailbox
from seem_ros.ros.node.prompt_requests import Outcome, Request


def test_mailbox_holds_the_newest_and_counts_the_rest():
    mailbox = Mailbox()
    assert mailbox.take() is None
    for item in ("a", "b", "c"):
        mailbox.put(item)
    assert (bool(mailbox), mailbox.take(), bool(mailbox)) == (True, "c", False)
    assert (mailbox.received, mailbox.dropped) == (3, 2)
    mailbox.put("d")
    mailbox.clear()
    assert (mailbox.take(), mailbox.dropped) == (None, 3)


def test_mailbox_loses_no_count_among_threads():
    mailbox, start = Mailbox(), threading.Barrier(4)

    def fill():
        start.wait()
        for item in range(500):
            mailbox.put(item)

    threads = [threading.Thread(target=fill) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (mailbox.received, mailbox.dropped) == (2000, 1999)


@pytest.fixture
def inbox():
    box = Inbox()
    box.open()
    return box


def requests(*exclusive):
    return [Request(Prompt(text="x"), exclusive=alone) for alone in exclusive]


def test_exclusive_prompts_are_taken_alone_and_all_in_order(inbox):
    a, b, c, d = requests(False, False, True, False)
    for request in (a, b, c, d):
        inbox.put_request(request)
    assert inbox.take_requests() == [a, b]
    assert inbox.take_requests() == [c]
    assert inbox.take_requests() == [d]
    assert inbox.take_requests() == []


def test_abandoned_prompts_are_not_taken(inbox):
    a, b = requests(False, False)
    for request in (a, b):
        inbox.put_request(request)
    a.abandon()
    assert inbox.take_requests() == [b]


def test_withdrawing_takes_the_newest_or_all(inbox):
    a, b, c = requests(False, False, False)
    for request in (a, b, c):
        inbox.put_request(request)
    assert inbox.withdraw(newest_only=True) == [c]
    assert (inbox.withdraw(), inbox.pending) == ([a, b], 0)
    assert inbox.withdraw(newest_only=True) == []


def test_a_closed_inbox_takes_controls_only_and_gives_back_what_waited(inbox):
    (a,) = requests(False)
    inbox.put_request(a)
    job = inbox.put_job(lambda tracker: 1)
    inbox.frames.put("frame")
    assert inbox.close() == [a]
    assert job.cancelled()
    assert (inbox.wait(), inbox.frames.take(), inbox.frames.dropped) == (False, None, 1)
    with pytest.raises(ClosedError, match="the node is not active"):
        inbox.put_request(a)
    with pytest.raises(ClosedError):
        inbox.put_job(lambda tracker: 1)
    inbox.put_control("kept")
    inbox.open()
    assert (inbox.wait(), inbox.take_controls(), inbox.take_controls()) == (True, ["kept"], [])
    assert (inbox.frames.received, inbox.frames.dropped) == (0, 0)


def test_waiting_ends_when_something_comes(inbox):
    woken = threading.Event()
    thread = threading.Thread(target=lambda: inbox.wait() and woken.set())
    thread.start()
    assert not woken.is_set()
    inbox.put_frame("frame")
    thread.join(20)
    assert woken.is_set()


def test_the_first_outcome_of_a_request_stays():
    (request,) = requests(False)
    assert request.finish(Outcome("done", "first"))
    assert not request.abandon()
    assert request.wait(0).message == "first"


def test_an_abandoned_request_has_no_outcome_and_prepares_nothing():
    prepared = []
    request = Request(Prompt(text="x"), prepare=prepared.append)
    assert request.abandon()
    assert not request.finish(Outcome("done", "too late"))
    assert (request.wait(0), prepared) == (None, [])


def test_a_request_keeps_the_senders_id_or_gets_its_own():
    assert Request(Prompt(text="x", id="mine")).prompt.id == "mine"
    first, second = requests(False, False)
    assert first.prompt.id.startswith("prompt-")
    assert first.prompt.id != second.prompt.id


def test_meter_rates_and_medians_look_back_only_so_far():
    meter = Meter(window_s=2.0)
    assert (meter.rate(0.0), meter.median(0.0)) == (0.0, 0.0)
    for moment, value in [(0.0, 9.0), (10.0, 1.0), (10.5, 5.0), (11.0, 2.0)]:
        meter.add(value, now_s=moment)
    assert meter.rate(11.0) == 2.0
    assert meter.median(11.0) == 2.0
    assert meter.median(12.2) == 3.5  # 5 and 2 are left
    assert meter.rate(20.0) == 0.0
