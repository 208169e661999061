"""console_node between real pages and a real seem_node, all messages through DDS."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")
pytest.importorskip("seem_ros.msg", reason="needs the built messages: make setup")

from rclpy.parameter import Parameter
from std_msgs.msg import Int16MultiArray

from seem_ros import msg
from seem_ros.library import Library
from seem_ros.prompts import Prompt
from seem_ros.ros import qos
from seem_ros.ros.console.console_node import ConsoleNode
from seem_ros.ros.messages import images, stamps
from seem_ros.ros.messages.prompt_messages import prompt_to_message
from seem_ros.segmenter import Segmenter
from support.console_bench import Page
from support.console_node_bench import console_of, looking
from support.node_bench import RED, SCENE, Bench
from support.tiny_seem import tiny_seem

_WITH_TALK = ["enable", "next_reading", "rename", "reset", "talk", "teach"]


@pytest.fixture
def bench(ros):
    with Bench() as started:
        started.activate()
        yield started


@pytest.fixture
def console(bench):
    """A console of the bench's node; its camera has sent nothing yet."""
    with console_of() as served:
        yield served


def test_a_click_makes_the_exact_mask_of_the_same_stamp(run, bench, console):
    async def scenario():
        async with Page(console) as page:
            await looking(page, bench)
            await page.send(
                "prompt", points=[[40, 50, 1]], stamp=page.picture["stamp"], width=160, height=120
            )
            seen = await page.line("prompt", source="operator 1")
            await page.line("notice", id=seen["id"], code="done", source="operator 1")
            await page.until(lambda: page.labels is not None and page.labels.any())
            return page.picture, page.labels

    picture, labels = run(scenario())
    x0, y0, x1, y1 = RED[1]
    truth = np.zeros(SCENE.shape[:2], int)
    truth[y0:y1, x0:x1] = 1
    assert np.array_equal(labels, truth)
    assert picture["things"][0]["box"] == list(RED[1])
    assert int(picture["stamp"]) == stamps.to_ns(bench.pipeline.worker.view.header.stamp)


def test_services_and_their_refusals(run, bench, console):
    async def scenario():
        async with Page(console) as page:
            await looking(page, bench)
            await page.send("prompt", text="red")
            await page.until(lambda: page.picture["things"])
            await page.send("command", name="rename", instance_id=1, text="tray")
            await page.until(lambda: page.picture["things"][0]["label"] == "tray")
            await page.send("command", name="rename", instance_id=9, text="tray")
            await page.line(
                "notice", code="refused", message="unknown instance id 9; known are: 1"
            )
            await page.send("command", name="teach", instance_id=1, text="tray")
            await page.line("notice", code="refused", message="this model keeps no library")
            await page.send("command", name="enable", on=False)
            await page.line("status", state="disabled")
            await page.send("command", name="enable", on=True)
            await page.line("notice", code="done", message="images are segmented")
            await page.send("command", name="reset")
            await page.until(lambda: page.picture["things"] == [])

    run(scenario())


def test_the_next_reading_of_a_click(run, bench, console):
    async def scenario():
        async with Page(console) as page:
            await looking(page, bench)
            await page.send("prompt", points=[[40, 50, 1]])
            await page.until(lambda: page.picture["things"])
            assert page.picture["things"][0]["readings"] == 0
            await page.send("prompt", mode="next")
            await page.line(
                "notice", code="done", message="reading 2 of 2 of instance 1", source="operator 1"
            )
            await page.until(lambda: page.picture["things"][0]["reading"] == 2)
            assert page.picture["things"][0]["box"] != list(RED[1])
            await page.send("prompt", mode="next", instance_id=1, text="smaller")
            await page.until(lambda: page.picture["things"][0]["box"] == list(RED[1]))

    run(scenario())


def test_what_was_taught_can_be_completed_until_it_is_forgotten(run, ros, tmp_path):
    library = Library(tmp_path / "objects")
    segmenter = Segmenter(tiny_seem(), library=library)
    library.teach("blue screwdriver", SCENE, np.ones(SCENE.shape[:2], bool))
    with Bench() as bench:
        load = bench.load
        bench.load = lambda parameters: replace(load(parameters), library=segmenter.library)
        bench.activate()

        async def scenario(console):
            async with Page(console) as page:
                await page.until(
                    lambda: any("blue screwdriver" in line.get("words", ()) for line in page.lines)
                )
                assert offered(page)[0] == "blue screwdriver"
                assert "mug" in offered(page)
                library.forget(["blue screwdriver"])
                await page.until(lambda: "blue screwdriver" not in offered(page))

        def offered(page):
            return [line["words"] for line in page.lines if "words" in line][-1]

        with console_of() as console:
            run(scenario(console))


def test_images_are_subscribed_to_only_while_somebody_looks(run, bench, console):
    topics = ("/image", "/seem_node/instances", "/seem_node/label_image")
    own = console.node.get_name()

    def watched():
        return [
            topic
            for topic in topics
            for end in bench.operator.get_subscriptions_info_by_topic(topic)
            if end.node_name == own
        ]

    async def scenario():
        async with Page(console) as page:
            await page.until(lambda: sorted(watched()) == sorted(topics))
        await page.until(lambda: watched() == [])

    assert watched() == []
    run(scenario())


def test_what_others_ask_say_and_get_is_shown(run, bench, console):
    async def scenario():
        async with Page(console) as page:
            await looking(page, bench)
            prompt = Prompt(text="yellow", id="v-1", source="voice")
            bench.send("/seem_node/prompt", prompt_to_message(prompt))
            await page.line("prompt", id="v-1", source="voice", text="yellow")
            await page.line("notice", id="v-1", source="voice", code="not_found")
            heard = msg.Heard(text="find the red", is_final=True, command="segment", phrase="red")
            bench.send("/voice_node/heard", heard)
            await page.line("heard", text="find the red", command="segment", phrase="red")

    run(scenario())


def test_sound_goes_to_whom_listens_and_only_one_speaks(run, bench, console):
    async def scenario():
        sound = bench.listen_only("/audio", Int16MultiArray)
        async with Page(console) as ada, Page(console) as bob:
            await ada.line("abilities", names=_WITH_TALK)
            await bob.socket.send_bytes(np.full(960, 7, "<i2").tobytes())  # without the word
            await ada.send("talk", on=True)
            await ada.socket.send_bytes(np.arange(960, dtype="<i2").tobytes())
            await ada.until(lambda: len(sound.messages) == 1)
            await bob.send("talk", on=True)
            await bob.line("notice", code="refused", message="operator 1 is speaking")
            await ada.send("talk", on=False)
            await ada.until(lambda: len(sound.messages) == 2)
        return [list(message.data) for message in sound.messages]

    spoken, tail = run(scenario())
    assert spoken == list(range(960))
    assert tail == [0] * 16000  # silence ends the sentence


def test_the_cameras_own_jpeg_is_shown(run, ros):
    with (
        Bench(image_transport="compressed") as bench,
        console_of(image_transport="compressed") as console,
    ):
        bench.activate()
        message = images.compressed_message(SCENE, bench.header())

        async def scenario():
            async with Page(console) as page:

                def shown():
                    message.header = bench.header()
                    bench.send("/image/compressed", message, qos.newest())
                    return page.labels is not None

                await page.until(shown)
                await page.until(lambda: page.picture["jpeg"] == len(message.data))
                return page.picture["picture"]

        assert run(scenario()) == bytes(message.data)


def test_a_page_that_sleeps_does_not_hold_up_the_node(run, bench, console):
    async def scenario():
        async with Page(console) as page:
            await looking(page, bench)
            page.acknowledges = False
            page._reading.cancel()  # nothing is read any more
            for _ in range(30):
                bench.see()

    run(scenario())  # `see` waits until the node has worked on the image


def test_its_parameters_are_those_of_the_server(ros):
    node = ConsoleNode(
        parameter_overrides=[
            Parameter("host", value="0.0.0.0"),
            Parameter("port", value=0),
            Parameter("allow_names", value="arm; arm.lab"),
        ]
    )
    options = node.parameters.server_options()
    node.destroy_node()
    assert (options.host, options.port, options.names) == ("0.0.0.0", 0, ("arm", "arm.lab"))
    with pytest.raises(ValueError, match="image_transport"):
        ConsoleNode(parameter_overrides=[Parameter("image_transport", value="carrier pigeon")])
