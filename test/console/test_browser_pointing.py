"""Pointing, drawing, typing and keys in a real browser, over drawn scenes."""

import pytest

from support.browser_page import Operator
from support.console_bench import BLUE, GREEN, RED

BOTH = (RED[0], RED[1], GREEN[2], GREEN[3])
ON_RED, ON_GREEN = (100, 150), (300, 150)


def test_click_makes_and_selects(operator):
    operator.click(*ON_RED)
    operator.wait_for_boxes(RED)
    operator.click(*ON_GREEN)
    operator.wait_for_boxes(RED, GREEN)
    assert operator.get("page.frame.target") == 1  # a new thing does not take the target away
    operator.click(*ON_GREEN)  # in a mask: selects it
    operator.until("page.frame.target === 2")
    operator.wait_for_boxes(RED, GREEN)
    operator.page.locator("#things li", has_text="red").click()
    operator.until("page.frame.target === 1")


def test_right_click_is_not_this(operator):
    operator.click(*ON_RED)
    operator.wait_for_boxes(RED)
    operator.page.keyboard.down("Shift")
    operator.click(*ON_GREEN)  # belongs to the selected thing
    operator.page.keyboard.up("Shift")
    operator.wait_for_boxes(BOTH)
    operator.click(*ON_GREEN, button="right")
    operator.wait_for_feed("not this 300, 150")
    operator.wait_for_boxes(RED)


def test_right_click_on_nothing_says_why(operator):
    operator.click(620, 340, button="right")
    operator.page.locator(".toast", has_text="Nothing is selected").wait_for()


def test_drag_is_a_box(operator):
    operator.drag((240, 90), (390, 270))
    operator.wait_for_boxes(GREEN)
    operator.wait_for_feed("box")


def test_brush_strokes_mean_this_and_not_this(operator):
    operator.page.click('[data-tool="brush"]')
    operator.drag((70, 150), (240, 150), (370, 150))
    operator.wait_for_boxes(BOTH)
    operator.page.click('[data-tool="brush_not"]')
    operator.drag((270, 120), (300, 150), (360, 200))
    operator.wait_for_boxes(RED)


def test_words_find_and_complete(operator):
    operator.page.fill("#words", "the red m")
    assert operator.get("[...document.querySelectorAll('#names option')].map(o => o.value)") == [
        "the red mug"
    ]
    operator.say("green")
    operator.wait_for_boxes(GREEN)
    operator.say("yellow")
    operator.page.locator(".toast", has_text="not found").wait_for()
    operator.say("red; blue")
    operator.wait_for_boxes(GREEN, RED, BLUE)


def test_undo_rename_and_remove(operator):
    operator.click(*ON_RED)
    operator.wait_for_boxes(RED)
    operator.click(*ON_GREEN)
    operator.wait_for_boxes(RED, GREEN)
    operator.page.click("#undo")
    operator.wait_for_boxes(RED)
    operator.page.click('[data-act="rename"]')
    operator.page.fill("#things input", "my plate")
    operator.page.press("#things input", "Enter")
    operator.page.locator("#things .name", has_text="my plate").wait_for()
    operator.page.click('[data-act="remove"]')
    operator.wait_for_boxes()


def test_other_readings_by_button_and_keys(operator):
    everything = (RED[0], BLUE[1], BLUE[2], GREEN[3])
    operator.click(*ON_RED)
    operator.wait_for_boxes(RED)
    operator.page.click("#next")
    operator.wait_for_boxes(everything)
    operator.page.locator("#things .facts", has_text="reading 2/2").wait_for()
    operator.wait_for_feed("next reading")
    keys = operator.page.keyboard
    operator.page.locator("#canvas").focus()
    keys.press("r")
    operator.wait_for_boxes(RED)
    keys.press(".")
    operator.wait_for_boxes(everything)
    keys.press(",")
    operator.wait_for_boxes(RED)
    keys.press(",")
    operator.page.locator(".toast", has_text="no smaller reading").wait_for()


def test_hovering_tells_who_it_is(operator):
    operator.click(*ON_RED)
    operator.wait_for_boxes(RED)
    operator.page.mouse.move(*operator.place(110, 160))
    operator.page.locator("#tip", has_text="1 red · in view").wait_for()
    operator.page.mouse.move(*operator.place(620, 340))
    operator.page.locator("#tip").wait_for(state="hidden")


def test_everything_by_keyboard(operator):
    keys = operator.page.keyboard
    operator.page.locator("#canvas").focus()

    def go(x, y):
        """Move the cursor there; it begins in the middle."""
        operator.get(f"page.cursor = {{x: {x}, y: {y}}}")
        keys.press("ArrowRight")
        keys.press("ArrowLeft")

    keys.press("Enter")  # shows the cursor first
    assert operator.get("page.cursor") == {"x": 320, "y": 180}
    keys.press("Shift+ArrowRight")
    step = operator.get("page.cursor.x") - 320
    assert step == pytest.approx(40 / operator.get("page.view.scale"))
    go(*ON_RED)
    keys.press("Enter")
    operator.wait_for_boxes(RED)
    go(240, 90)
    keys.press("x")
    go(390, 270)
    keys.press("x")
    operator.wait_for_boxes(RED, GREEN)
    go(470, 100)
    keys.press("b")
    for _ in range(4):
        keys.press("ArrowRight")
    keys.press("b")
    operator.wait_for_boxes(RED, GREEN, BLUE)
    keys.press("]")
    operator.until("page.frame.target === 2")
    keys.press("Delete")
    operator.wait_for_boxes(RED, BLUE)
    keys.press("u")
    operator.wait_for_boxes(RED, GREEN, BLUE)
    go(*ON_RED)
    keys.press("e")
    operator.until("page.frame.target === 1")
    keys.press("l")
    keys.type("tray")
    keys.press("Enter")
    operator.page.locator("#things .name", has_text="tray").wait_for()
    keys.press("t")
    assert operator.get("document.activeElement.id") == "words"
    keys.press("Escape")
    assert operator.get("document.activeElement.id") == "canvas"
    keys.press("?")
    assert operator.get("page.help.open")


def test_zoomed_clicks_mean_the_pixel_under_them(operator):
    operator.page.mouse.move(*operator.place(60, 80))
    operator.page.mouse.wheel(0, -900)
    operator.until("page.view.zoom > 3")
    operator.click(65, 85)
    operator.wait_for_boxes(RED)
    operator.page.locator("#canvas").focus()
    operator.page.keyboard.press("d")
    operator.page.keyboard.press("0")
    assert operator.get("page.view.zoom") == 1


def test_fingers_tap_press_long_and_pinch(browser, console):
    tablet = {"viewport": {"width": 1024, "height": 768}, "has_touch": True}
    with Operator(browser, console.url, **tablet) as operator:
        operator.page.touchscreen.tap(*operator.place(*ON_RED))
        operator.wait_for_boxes(RED)
        fingers = operator.page.context.new_cdp_session(operator.page)

        def touch(kind, *points):
            places = [operator.place(*point) for point in points]
            fingers.send(
                "Input.dispatchTouchEvent",
                {
                    "type": kind,
                    "touchPoints": [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(places)],
                },
            )

        touch("touchStart", ON_RED)
        operator.wait_for_feed("not this")  # held until it meant something else
        touch("touchEnd")
        touch("touchStart", (300, 180), (340, 180))
        touch("touchMove", (260, 180), (380, 180))
        touch("touchEnd")
        operator.until("page.view.zoom > 1.5")
        assert operator.get("page.frame.things.length") == 1
        controls = "[...document.querySelectorAll('button, summary, input:not([type=checkbox])')]"
        seen = f"{controls}.filter(e => e.offsetParent)"
        sizes = operator.get(f"{seen}.map(e => [e.outerHTML, e.offsetWidth, e.offsetHeight])")
        assert [item for item in sizes if min(item[1:]) < 36] == []
        assert operator.get("document.documentElement.scrollWidth") <= 1024
