"""`prompt`: send one prompt to seem_node from a shell and print what became of it.

    prompt --text "red mug"
    prompt --click 320 240 --negative 400,260
    prompt --box 100 80 260 300 --label "the tall one"
    prompt --stroke 100 80 120 90 150 95      prompt --mask rough.png
    prompt --example mug.jpg --example-mask mug.png
    prompt --remove 3        prompt --select 2        prompt --undo
    prompt --next            prompt --next 2 --text bigger
    prompt --teach "blue screwdriver"      prompt --click 320 240 --teach "blue screwdriver"

Exit status: 0 done, 1 refused, no node, or no answer, 3 nothing in view fits, 130 Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import uuid
from collections.abc import Sequence

import rclpy
from rclpy.client import Client
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.utilities import remove_ros_args

from seem_ros.exchange import prompt_options
from seem_ros.exchange.coordinates import CoordinateParser
from seem_ros.missing import EXIT_INTERRUPTED
from seem_ros.msg import Prompt as PromptMessage
from seem_ros.msg import PromptStatus
from seem_ros.prompts import Mode, Prompt
from seem_ros.ros import process, qos
from seem_ros.ros.messages.prompt_messages import LOADING, prompt_to_message
from seem_ros.ros.one_line import one_line
from seem_ros.ros.takers import are_taken
from seem_ros.srv import Teach

_ABOUT_INSTANCES = {
    Mode.REFINE: "refine",
    Mode.REPLACE: "replace",
    Mode.REMOVE: "remove",
    Mode.SELECT: "select",
    Mode.NEXT: "take another reading (a part, the thing, a group) of the last click on",
}
EXIT_CODES = {PromptStatus.DONE: 0, PromptStatus.REFUSED: 1, PromptStatus.NOT_FOUND: 3}


def main(args: Sequence[str] | None = None) -> None:
    """Run the command and exit with its status."""
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete

        argcomplete.autocomplete(parser())
    argv = list(sys.argv if args is None else ["prompt", *args])
    options = parser().parse_args(remove_ros_args(argv)[1:])
    try:
        prompt = None if _only_teaches(options) else prompt_of(options)
    except (ValueError, OSError) as error:
        sys.exit(f"prompt: {error}")
    process.initialise("prompt", argv)
    node = rclpy.create_node("prompt", start_parameter_services=False)
    try:
        code, text, instance_id = 0, "", 0
        if prompt is not None:
            code, text, instance_id = sent(node, prompt, options.node, options.timeout)
        if code == 0 and options.teach:
            code, text = teach(node, options.teach, instance_id, options.node, options.timeout)
    except (KeyboardInterrupt, ExternalShutdownException):
        code, text = EXIT_INTERRUPTED, "interrupted"
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
    result.add_argument(
        "--teach",
        default="",
        metavar="NAME",
        help="remember what the instance of this prompt, else the selected one, looks like",
    )
    modes = result.add_mutually_exclusive_group()
    for mode, what in _ABOUT_INSTANCES.items():
        modes.add_argument(
            f"--{mode.name.lower()}",
            nargs="?",
            type=int,
            const=0,
            metavar="ID",
            help=f"{what} this instance, without ID the selected one",
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
            "--select, --next, --undo or --teach"
        )
    return prompt


def _only_teaches(chosen: argparse.Namespace) -> bool:
    """Tell whether a name is taught and no prompt is given besides."""
    given = prompt_options.prompt_of(chosen, mode=Mode.ADD)
    return bool(chosen.teach) and given.is_empty and _mode(chosen) == (Mode.ADD, 0)


def send(node: Node, prompt: Prompt, target: str, timeout_s: float) -> tuple[int, str]:
    """Send a prompt and wait; return the exit status and a line for people, see `sent`."""
    return sent(node, prompt, target, timeout_s)[:2]


def sent(node: Node, prompt: Prompt, target: str, timeout_s: float) -> tuple[int, str, int]:
    """Send a prompt to a node and wait for its end.

    Returns the exit status, a line for people, and the id of the instance, 0 for none.

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
        return are_taken(node, target, publisher)

    said = f"no answer of {target} within {timeout_s:g} s"
    while not passed():
        if not taken():
            continue
        publisher.publish(prompt_to_message(prompt))
        answer = None
        while answer is None:
            if passed():
                return 1, said, 0
            ended = (a for a in answers if a.id == prompt.id and a.code in EXIT_CODES)
            answer = next(ended, None)
        if answer.message != LOADING:
            return EXIT_CODES[answer.code], answer.message, answer.instance_id
        said = f"{LOADING} ({timeout_s:g} s were not enough)"
        answers.clear()  # the node is on its way: send it again
    if not taken():
        said = f"no node takes prompts on {publisher.topic_name}: is {target} active?"
    return 1, said, 0


def teach(
    node: Node, name: str, instance_id: int, target: str, timeout_s: float
) -> tuple[int, str]:
    """Let a node remember an instance, 0 is the selected one, under a name.

    Returns the exit status and a line for people.
    """
    client: Client[Teach.Request, Teach.Response] = node.create_client(Teach, f"{target}/teach")
    if not client.wait_for_service(timeout_s):
        return 1, f"{client.srv_name} is not offered: is {target} running?"
    future = client.call_async(Teach.Request(instance_id=instance_id, name=name))
    rclpy.spin_until_future_complete(node, future, timeout_sec=timeout_s)
    answer = future.result() if future.done() else None
    if answer is None:
        return 1, f"no answer of {target} within {timeout_s:g} s"
    return int(not answer.success), answer.message


def _status_of(target: str) -> str:
    return f"{target}/prompt_status"


def _mode(options: argparse.Namespace) -> tuple[Mode, int]:
    if options.undo:
        return Mode.UNDO, 0
    for mode in _ABOUT_INSTANCES:
        instance_id = getattr(options, mode.name.lower())
        if instance_id is not None:
            return mode, instance_id
    return Mode.ADD, 0


if __name__ == "__main__":
    main()
