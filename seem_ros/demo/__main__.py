"""Run the demo: `python -m seem_ros.demo`, or `make demo`."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seem_ros import resources
from seem_ros.demo import environment
from seem_ros.demo.footage import PHOTOGRAPHS, Clip
from seem_ros.missing import EXIT_INTERRUPTED

if TYPE_CHECKING:
    from seem_ros.demo.show import Show

READY_S = 90.0
CLIP_BUDGET_S = 75.0


def main(argv: Sequence[str] | None = None) -> None:
    """Run the demo; exit with 1 and one line when it cannot be carried out, 130 on Ctrl-C."""
    options = _parser().parse_args(argv)
    environment.isolate(1 + os.getpid() % 100)  # a seem_node that runs already is not disturbed
    try:
        import rclpy
        from rclpy.signals import SignalHandlerOptions
    except ImportError as error:
        sys.exit(f"demo: ROS 2 is not in this shell ({error}): run make setup, then source env.sh")
    from seem_ros.demo.operator_node import NoAnswerError

    options.out.mkdir(parents=True, exist_ok=True)
    rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the node is ended then, too
    try:
        run(options)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    except (FileNotFoundError, KeyError, NoAnswerError) as error:
        sys.exit(f"demo: {error}")
    finally:
        rclpy.try_shutdown()


def run(options: argparse.Namespace) -> None:
    """Start the node, play everything, write the results.

    Raises:
        FileNotFoundError: something is not installed.
        NoAnswerError: the node did not answer; its last lines are in the message.

    """
    from seem_ros.demo import report

    started, clip = time.monotonic(), Clip(options.clip)
    show = play(options, clip)
    report.write_all(options.out, show, clip.fps)
    took_s = time.monotonic() - started
    print(f"done in {took_s:.0f} s; look at {options.out}/contact_sheet.png, demo.mp4, overlays/,")
    print("demo.mcap (opens in Foxglove), results.json, seem_node.log")
    print("to click, draw and type on the clip yourself, in a browser: make console")


def play(options: argparse.Namespace, clip: Clip) -> Show:
    """Start the node and show it the clip and the photographs; raises as `run` does."""
    from seem_ros.demo.node_process import NodeProcess
    from seem_ros.demo.operator_node import NoAnswerError, OperatorNode
    from seem_ros.demo.recording import Recording
    from seem_ros.demo.show import Show

    out, frames = options.out, min(len(clip), options.frames or len(clip))
    parameters = resources.config_path("seem.yaml")
    print(f"starting seem_node ({options.model}), ROS_DOMAIN_ID={os.environ['ROS_DOMAIN_ID']}")
    with (
        contextlib.closing(Recording(out / "demo.mcap")) as recording,
        NodeProcess(parameters, out / "seem_node.log", _node_arguments(options)) as node,
    ):
        operator = OperatorNode(recording.write, lambda: node.exit_code is None)
        show = Show(operator)
        try:
            operator.wait_until_ready(READY_S)
            print(f"playing {frames} frames and {options.photographs} photographs", flush=True)
            show.play_clip(clip, frames, CLIP_BUDGET_S)
            show.play_photographs(PHOTOGRAPHS[: options.photographs])
        except NoAnswerError as error:
            raise NoAnswerError(f"{error}\n--- {node.log}\n{node.last_lines()}") from error
        finally:
            operator.destroy()
    return show


def _node_arguments(options: argparse.Namespace) -> tuple[str, ...]:
    from seem_ros.demo.robot_camera import WORLD_FRAME, tf_is_installed

    # Slow machines need longer than the defaults.
    values = {"model": options.model, "device": options.device}
    values |= {"depth_wait": "0.5", "tf_timeout": "0.5"}
    if tf_is_installed():
        values["gravity_frame"] = WORLD_FRAME
    return tuple(word for name in values for word in ("-p", f"{name}:={values[name]}"))


def _parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(prog="python -m seem_ros.demo", description=__doc__)
    result.add_argument("--out", type=Path, default=Path("demo_out"), help="folder for results")
    result.add_argument("--clip", type=Path, help="folder of another clip than the bundled one")
    result.add_argument("--model", default="nano", help="name or path of a checkpoint")
    result.add_argument("--device", default="auto", help="auto, cpu, cuda")
    result.add_argument("--frames", type=int, default=0, help="play only the first ones")
    result.add_argument(
        "--photographs",
        type=int,
        default=len(PHOTOGRAPHS),
        choices=range(5),
        help="how many are shown",
    )
    return result


if __name__ == "__main__":
    main()
