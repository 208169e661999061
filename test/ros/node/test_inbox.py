"""The inbox and the prompts in it: pure Python, no ROS."""

import threading

import pytest

from seem_ros.prompts import Prompt
from seem_ros.ros.node.inbox import MOST_IN_A_STEP, ClosedError, Inbox
from seem_ros.ros.node.queued_prompt import Outcome, QueuedPrompt


@pytest.fixture
def inbox():
    box = Inbox()
    box.open()
    return box


def test_the_newest_image_is_held_and_the_rest_counted(inbox):
    assert inbox.take_image() is None
    for image in ("a", "b", "c"):
        inbox.put_image(image)
    assert (inbox.has_image, inbox.take_image(), inbox.has_image) == (True, "c", False)
    assert (inbox.images_received, inbox.images_dropped) == (3, 2)
    inbox.put_image("d")
    inbox.drop_image()
    assert (inbox.take_image(), inbox.images_dropped) == (None, 3)


def test_no_image_is_left_uncounted_among_threads(inbox):
    start = threading.Barrier(4)

    def fill():
        start.wait()
        for image in range(500):
            inbox.put_image(image)

    threads = [threading.Thread(target=fill) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (inbox.images_received, inbox.images_dropped) == (2000, 1999)


def prompts(*exclusive):
    return [QueuedPrompt(Prompt(text="x"), exclusive=alone) for alone in exclusive]


def test_exclusive_prompts_are_taken_alone_and_all_in_order(inbox):
    a, b, c, d = prompts(False, False, True, False)
    for queued in (a, b, c, d):
        inbox.put_prompt(queued)
    assert inbox.take_prompts() == [a, b]
    assert inbox.take_prompts() == [c]
    assert inbox.take_prompts() == [d]
    assert inbox.take_prompts() == []


def test_a_crowd_of_prompts_takes_several_steps(inbox):
    queued = prompts(*[False] * (MOST_IN_A_STEP + 3))
    for each in queued:
        inbox.put_prompt(each)
    assert inbox.take_prompts() == queued[:MOST_IN_A_STEP]
    assert inbox.has_work
    assert inbox.take_prompts() == queued[MOST_IN_A_STEP:]


def test_abandoned_prompts_are_not_taken(inbox):
    a, b = prompts(False, False)
    for queued in (a, b):
        inbox.put_prompt(queued)
    a.abandon()
    assert inbox.take_prompts() == [b]


def test_withdrawing_takes_the_newest_or_all(inbox):
    a, b, c = prompts(False, False, False)
    for queued in (a, b, c):
        inbox.put_prompt(queued)
    assert inbox.withdraw(newest_only=True) == [c]
    assert (inbox.withdraw(), inbox.pending) == ([a, b], 0)
    assert inbox.withdraw(newest_only=True) == []


def test_a_closed_inbox_takes_controls_only_and_gives_back_what_waited(inbox):
    (a,) = prompts(False)
    inbox.put_prompt(a)
    job = inbox.put_job(lambda: 1)
    inbox.put_image("image")
    assert inbox.close() == [a]
    assert job.cancelled()
    assert (inbox.has_work, inbox.take_image(), inbox.images_dropped) == (False, None, 1)
    inbox.put_prompt(a)
    assert (a.outcome.code, a.outcome.message) == ("refused", "the node is not active")
    with pytest.raises(ClosedError, match="the node is not active"):
        inbox.put_job(lambda: 1)
    inbox.put_control("kept")
    inbox.open()
    assert (inbox.has_work, inbox.take_controls(), inbox.take_controls()) == (True, ["kept"], [])
    assert (inbox.images_received, inbox.images_dropped) == (0, 0)


def test_who_waits_is_told_when_something_comes(inbox):
    woken = threading.Event()

    def wait():
        with inbox.lock:
            assert inbox.lock.wait_for(lambda: inbox.has_work, 20)
            woken.set()

    thread = threading.Thread(target=wait)
    thread.start()
    assert not woken.is_set()
    inbox.put_image("image")
    thread.join(20)
    assert woken.is_set()


def test_the_first_outcome_of_a_prompt_stays():
    (queued,) = prompts(False)
    assert queued.finish(Outcome("done", "first"))
    assert not queued.abandon()
    assert queued.wait(0).message == "first"


def test_an_abandoned_prompt_has_no_outcome_and_prepares_nothing():
    prepared = []
    queued = QueuedPrompt(Prompt(text="x"), prepare=prepared.append)
    assert queued.abandon()
    assert not queued.finish(Outcome("done", "too late"))
    assert (queued.wait(0), prepared) == (None, [])


def test_a_prompt_keeps_the_senders_id_or_gets_its_own():
    assert QueuedPrompt(Prompt(text="x", id="mine")).prompt.id == "mine"
    first, second = prompts(False, False)
    assert first.prompt.id.startswith("prompt-")
    assert first.prompt.id != second.prompt.id
