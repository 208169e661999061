"""The page in a real browser, and what is around it: clips, others, tokens, links."""

import contextlib
from functools import partial

import numpy as np

from seem_ros.console.hub import TAIL
from seem_ros.console.limits import Limits
from seem_ros.console.local.footage import FileFootage
from support.browser_page import Operator
from support.console_bench import (
    GREEN,
    RED,
    NoisyCamera,
    ServedConsole,
    clip,
    flood_session,
)
from support.slow_link import SlowLink

ON_RED, ON_GREEN = (100, 150), (300, 150)


def test_a_clip_is_paused_and_played(browser):
    with (
        ServedConsole(flood_session(FileFootage(partial(clip, 6)))) as console,
        Operator(browser, console.url) as operator,
    ):
        operator.click(*ON_RED)
        operator.wait_for_boxes(RED)
        operator.page.keyboard.press(" ")
        x0, y0, x1, y1 = RED
        operator.wait_for_boxes((x0 + 5, y0, x1 + 5, y1))
        with operator.page.expect_download() as saved:
            operator.page.click("#save summary")
            operator.page.click('a[href="save/mask.png"]')
        assert saved.value.suggested_filename == "mask.png"


def test_operators_see_each_others_prompts(browser, console, operator):
    with Operator(browser, console.url) as other:
        other.page.click("#help-open")
        other.page.fill("#operator", "Ada")
        other.page.press("#operator", "Enter")
        operator.page.locator("#others", has_text="Ada").wait_for()
        other.page.keyboard.press("Escape")
        other.say("red")
        operator.wait_for_feed("Ada: “red”")
        operator.wait_for_boxes(RED)
    operator.until("document.getElementById('others').textContent === ''")


def test_a_tablet_shows_the_rates_and_who_else_is_there(browser, console, operator):
    with Operator(browser, console.url, viewport={"width": 820, "height": 1180}) as tablet:
        tablet.page.locator("#others", has_text="operator 1").wait_for()
        rates = "[...document.querySelectorAll('#meters div')].filter(e => e.offsetHeight)"
        tablet.until(f"{rates}.length >= 4")
        assert max(tablet.get(f"{rates}.map(e => e.getBoundingClientRect().right)")) <= 820
        assert tablet.get("document.documentElement.scrollWidth") <= 820


def test_held_to_talk_the_microphone_is_sent(browser):
    """Chromium's fake microphone beeps once a second."""
    sound = []
    session = flood_session()
    session.abilities = lambda: frozenset({"talk"})
    session.hear = sound.append
    with ServedConsole(session) as console, Operator(browser, console.url) as operator:
        button = operator.page.locator("#talk").bounding_box()
        operator.page.mouse.move(button["x"] + 10, button["y"] + 10)
        operator.page.mouse.down()
        operator.page.locator('#talk[aria-pressed="true"]').wait_for()
        while not any(np.frombuffer(block, "<i2").any() for block in sound):
            operator.page.wait_for_timeout(100)
        operator.page.mouse.up()
        operator.page.locator('#talk[aria-pressed="false"]').wait_for()
        while sound[-1] != TAIL:
            operator.page.wait_for_timeout(100)
        assert {len(block) for block in sound[:-1]} == {2 * 960}  # 60 ms at 16 kHz
        assert operator.problems == []


def test_german(operator):
    operator.page.click("#language")
    operator.page.locator("button", has_text="Suchen").wait_for()
    assert operator.get("document.documentElement.lang") == "de"
    operator.click(620, 340, button="right")
    operator.page.locator(".toast", has_text="Nichts ist ausgewählt").wait_for()


def test_the_right_token_enters_and_a_wrong_one_does_not(browser):
    with ServedConsole(host="0.0.0.0", token="only the operators know") as console:
        url = f"http://127.0.0.1:{console.port}/"
        stranger = browser.new_page()
        for address in (url, f"{url}?token=wrong"):
            assert stranger.goto(address).status == 401
            assert "token" in stranger.inner_text("body")
        stranger.close()
        with Operator(browser, f"{url}?token=only%20the%20operators%20know") as operator:
            assert operator.page.url == url  # the token is not left in the address
            operator.click(*ON_RED)
            operator.wait_for_boxes(RED)


def test_a_page_too_many_is_told_why(browser):
    with (
        ServedConsole(limits=Limits(viewers=1)) as console,
        Operator(browser, console.url),
    ):
        late = browser.new_page()
        late.goto(console.url)
        reason = "trying again: 1 pages are connected, more are not allowed"
        late.locator("#state", has_text=reason).wait_for()
        late.close()


def test_the_page_comes_back_when_the_server_does(browser):
    with contextlib.ExitStack() as first:
        console = first.enter_context(ServedConsole())
        with Operator(browser, console.url) as operator:
            operator.click(*ON_RED)
            operator.wait_for_boxes(RED)
            first.close()
            operator.page.locator("#state", has_text="Connection lost").wait_for()
            with ServedConsole(port=console.port):
                operator.page.locator("#state", has_text="Paused").wait_for()
                operator.until("page.frame.things.length === 0")
                operator.click(*ON_GREEN)
                operator.wait_for_boxes(GREEN)


def test_on_a_slow_link_the_picture_stays_young(browser):
    """At 60 kB/s the finest pictures would take over a second each."""
    with (
        ServedConsole(flood_session(NoisyCamera())) as console,
        SlowLink(console.port, 60_000.0) as link,
        Operator(browser, f"http://127.0.0.1:{link.port}/") as operator,
    ):
        operator.until("page.frame.number > 5")  # the link is known by now
        ages = []
        for _ in range(12):
            operator.page.wait_for_timeout(250)
            # The stamps are the wall clock, of this same machine.
            ages.append(operator.get("Date.now() - Number(BigInt(page.frame.stamp) / 1000000n)"))
        assert max(ages) < 1000, ages
        assert operator.get("page.frame.number") > 12
        operator.click(*ON_RED)
        operator.wait_for_boxes(RED)
