"""`prompt`: send one prompt to seem_node from a shell and print what became of it.

    prompt --text "red mug"
    prompt --click 320 240 --negative 400,260
    prompt --box 100 80 260 300 --label "the tall one"
    prompt --stroke 100 80 120 90 150 95      prompt --mask rough.png
    prompt --example mug.jpg --example-mask mug.png
    prompt --remove 3        prompt --select 2        prompt --undo

Exit status: 0 done, 1 refused, no node, or no answer, 3 nothing in view fits.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import uuid
from collections.abc import Sequence

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.utilities import remove_ros_args

from seem_ros.exchange import prompt_options
from seem_ros.exchange.coordinates import CoordinateParser
from seem_ros.msg import Prompt as PromptMessage
from seem_ros.msg import PromptStatus
from seem_ros.prompts import Mode, Prompt
from seem_ros.ros import process, qos
from seem_ros.ros.messages.prompt_messages import prompt_to_message
from seem_ros.ros.node.early_prompts import LOADING
from seem_ros.ros.one_line import one_line

EXIT_CODES = {PromptStatus.DONE: 0, PromptStatus.REFUSED: 1, PromptStatus.NOT_FOUND: 3}


def main(args: Sequence[str] | None = None) -> None:
    """Run the command and exit with its status."""
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete

        argcomplete.autocomplete(parser())
    argv = list(sys.argv if args is None else ["prompt", *args])
    options = parser().parse_args(remove_ros_args(argv)[1:])
    try:
        prompt = prompt_of(options)
    except (ValueError, OSError) as error:
        sys.exit(f"prompt: {error}")
    process.initialise("prompt", argv)
    node = rclpy.create_node("prompt", start_parameter_services=False)
    try:
        code, text = send(node, prompt, options.node, options.timeout)
    except (KeyboardInterrupt, ExternalShutdownException):
        code, text = 1, "interrupted"
    finally:
        node.destroy_node()
        rclpy.try_shutdown()
    print(f"prompt: {one_line(text)}", file=sys.stdout if code == 0 else sys.stderr)
    sys.exit(code)


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser; coordinates are pixels, x right, y down."""
    result = CoordinateParser(prog="prompt", description=__doc__.split("\n", maxsplit=1)[0])
    prompt_options.add_prompt_arguments(result)
    result.add_argument("--label", default="", help="your name for the object")
    result.add_argument("--track", action="store_true", help="keep looking for the text")
    modes = result.add_mutually_exclusive_group()
    for mode in (Mode.REFINE, Mode.REPLACE, Mode.REMOVE, Mode.SELECT):
        modes.add_argument(
            f"--{mode.name.lower()}",
            nargs="?",
            type=int,
            const=0,
            metavar="ID",
            help=f"{mode.name.lower()} this instance, without ID the selected one",
        )
    modes.add_argument("--undo", action="store_true", help="take back the last prompt")
    result.add_argument("--node", default="seem_node", help="name of the node [%(default)s]")
    result.add_argument(
        "--timeout", type=float, default=10.0, help="seconds to wait for the answer [%(default)g]"
    )
    return result


def prompt_of(options: argparse.Namespace) -> Prompt:
    """Return the prompt that the options describe.

    Raises:
        ValueError: they describe none.
        FileNotFoundError: a picture is missing.

    """
    mode, instance_id = _mode(options)
    prompt = prompt_options.prompt_of(
        options,
        mode=mode,
        instance_id=instance_id,
        label=options.label,
        id=f"shell-{uuid.uuid4().hex[:8]}",
        source="shell",
        track=options.track,
    )
    if prompt.is_empty and mode in (Mode.ADD, Mode.REFINE, Mode.REPLACE):
        raise ValueError(
            "nothing to send: give --text, --click, --box, --stroke, --mask, --example, --remove, "
            "--select or --undo"
        )
    return prompt


def send(node: Node, prompt: Prompt, target: str, timeout_s: float) -> tuple[int, str]:
    """Send a prompt to a node and wait for its end; return the exit status and a line for people.

    Args:
        node: that sends; it is spun here.
        prompt: with an id of its own.
        target: name of the seem_node.
        timeout_s: seconds until it is given up.

    """
    answers: list[PromptStatus] = []
    node.create_subscription(PromptStatus, _status_of(target), answers.append, qos.reliable())
    publisher = node.create_publisher(PromptMessage, f"{target}/prompt", qos.reliable())
    deadline_s = time.monotonic() + timeout_s

    def passed() -> bool:
        rclpy.spin_once(node, timeout_sec=0.05)
        return time.monotonic() > deadline_s

    def taken() -> bool:
        return bool(publisher.get_subscription_count() and node.count_publishers(status))

    status, said = _status_of(target), f"no answer of {target} within {timeout_s:g} s"
    while not passed():
        if not taken():
            continue
        publisher.publish(prompt_to_message(prompt))
        answer = None
        while answer is None:
            if passed():
                return 1, said
            ended = (a for a in answers if a.id == prompt.id and a.code in EXIT_CODES)
            answer = next(ended, None)
        if answer.message != LOADING:
            return EXIT_CODES[answer.code], answer.message
        said = f"{LOADING} ({timeout_s:g} s were not enough)"
        answers.clear()  # the node is on its way: send it again
    return 1, said if taken() else (
        f"no node takes prompts on {publisher.topic_name}: is {target} active?"
    )


def _status_of(target: str) -> str:
    return f"{target}/prompt_status"


def _mode(options: argparse.Namespace) -> tuple[Mode, int]:
    if options.undo:
        return Mode.UNDO, 0
    for mode in (Mode.REFINE, Mode.REPLACE, Mode.REMOVE, Mode.SELECT):
        instance_id = getattr(options, mode.name.lower())
        if instance_id is not None:
            return mode, instance_id
    return Mode.ADD, 0


if __name__ == "__main__":
    main()
