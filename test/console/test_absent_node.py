"""What the page of console_node shows and refuses while seem_node is away, late or disabled."""

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages: make setup")

from seem_ros import msg
from seem_ros.ros import qos
from support.console_bench import Page
from support.console_node_bench import console_of, looking
from support.node_bench import Bench, spun_node


def test_without_results_the_image_is_shown_alone(run, ros):
    with Bench() as bench, console_of() as console:
        bench.activate()

        async def scenario():
            async with Page(console) as page:
                await looking(page, bench)
                await page.send("prompt", text="red")
                await page.until(lambda: page.picture["things"])
                await page.send("command", name="enable", on=False)
                await page.line("status", state="disabled")

                def shown():
                    bench.show()
                    return page.labels is None

                await page.until(shown)
                return page.picture

        things = run(scenario())["things"]
    assert [(thing["class_name"], thing["box"]) for thing in things] == [("red", None)]


def test_without_a_node_prompts_are_refused_and_it_is_said(run, ros):
    with console_of(segmenter="nobody") as console:

        async def scenario():
            async with Page(console) as page:
                await page.line("status", state="silent", message="nobody is not there")
                await page.send("prompt", text="red")
                reason = "nobody does not answer: is it running and active?"
                await page.line("notice", code="refused", message=reason)
                await page.send("command", name="reset")
                await page.until(
                    lambda: any("reset now" in i.get("message", "") for i in page.lines)
                )

        run(scenario())


def test_a_node_is_silent_until_it_takes_prompts(run, ros):
    with spun_node("late") as late, console_of(segmenter="late") as console:
        statuses = late.create_publisher(msg.Status, "late/status", qos.latched())

        async def scenario():
            async with Page(console) as page:
                await page.line("status", state="silent", message="late is not there")
                page.lines.clear()
                statuses.publish(msg.Status(state=msg.Status.RUNNING, model="flood"))
                first = await page.line("status", model="flood")
                late.create_publisher(msg.PromptStatus, "late/prompt_status", qos.reliable())
                late.create_subscription(msg.Prompt, "late/prompt", print, qos.reliable())
                await page.line("status", state="running", model="flood")
                await page.send("prompt", text="red")
                await page.line("prompt", source="operator 1")
                return first["state"]

        assert run(scenario()) == "silent"
