"""Turns with the model: round robin, nobody waits for who has nothing to do. No ROS."""

import threading

import pytest

from seem_ros.ros.node.rota import Rota

PATIENCE_S = 20.0


class Turns:
    """Has so many turns to take; writes down whose turn it was."""

    def __init__(self, rota, name, count, log):
        self.rota, self.name, self.left, self.log = rota, name, count, log
        self.gate = threading.Event()
        self.gate.set()
        self.inside = threading.Event()

    @property
    def has_work(self):
        return self.left > 0

    def work(self):
        self.inside.set()
        assert self.gate.wait(PATIENCE_S)
        with self.rota.lock:
            self.left -= 1
            self.log.append(self.name)
            self.rota.lock.notify_all()

    def ask(self, count):
        with self.rota.lock:
            self.left += count
            self.rota.lock.notify_all()


@pytest.fixture
def log():
    return []


@pytest.fixture
def make(log):
    rota, made = Rota(), []

    def make(name, count=0):
        made.append(Turns(rota, name, count, log))
        return made[-1]

    make.rota = rota
    yield make
    for each in made:
        each.gate.set()
        rota.leave(each)


def wait_for(rota, condition):
    with rota.lock:
        assert rota.lock.wait_for(condition, PATIENCE_S)


def test_who_has_much_to_do_keeps_nobody_waiting_for_more_than_a_turn(make, log):
    flood, rare, silent = make("flood", 8), make("rare"), make("silent")
    flood.gate.clear()
    make.rota.enter(flood)
    assert flood.inside.wait(PATIENCE_S)
    for each in (silent, rare):  # while the first is at work
        make.rota.enter(each)
    rare.ask(3)
    flood.gate.set()
    wait_for(make.rota, lambda: len(log) == 11)
    assert log == ["flood", "rare", "flood", "rare", "flood", "rare", *["flood"] * 5]


def test_three_take_turns_in_the_order_they_came(make, log):
    three = [make(name, 2) for name in "abc"]
    three[0].gate.clear()
    for each in three:
        make.rota.enter(each)
    three[0].gate.set()
    wait_for(make.rota, lambda: len(log) == 6)
    assert "".join(log) == "abcabc"


def test_leaving_waits_for_ones_own_turn_only(make, log):
    slow, other, third = make("slow", 1), make("other"), make("third")
    slow.gate.clear()
    for each in (slow, other, third):  # the third stays, and with it the thread
        make.rota.enter(each)
    assert slow.inside.wait(PATIENCE_S)
    make.rota.leave(other)  # does not wait for the slow one
    leaving = threading.Thread(target=make.rota.leave, args=(slow,))
    leaving.start()
    leaving.join(0.05)
    assert leaving.is_alive()
    slow.gate.set()
    leaving.join(PATIENCE_S)
    assert (leaving.is_alive(), log) == (False, ["slow"])


def test_the_thread_lives_while_somebody_takes_part(make, log):
    def threads():
        return sum(thread.name == "seem_worker" for thread in threading.enumerate())

    before, one = threads(), make("one", 1)
    for round_ in range(1, 4):
        make.rota.enter(one)
        wait_for(make.rota, lambda round_=round_: len(log) == round_)
        assert threads() == before + 1
        make.rota.leave(one)
        assert threads() == before
        one.ask(1)
