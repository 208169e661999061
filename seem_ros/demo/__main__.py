"""Run the demo: `python -m seem_ros.demo`, or `make demo`."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from seem_ros import resources
from seem_ros.demo import environment
from seem_ros.demo.footage import PHOTOGRAPHS, Clip

READY_S = 90.0
CLIP_BUDGET_S = 75.0


def main(argv: Sequence[str] | None = None) -> None:
    """Run the demo; exit with 1 and one line when it cannot be carried out."""
    options = _parser().parse_args(argv)
    environment.isolate(1 + os.getpid() % 100)  # a seem_node that runs already is not disturbed
    try:
        import rclpy
    except ImportError as error:
        sys.exit(f"demo: ROS 2 is not in this shell ({error}): run make setup, then source env.sh")
    from seem_ros.demo.operator_node import NoAnswerError

    options.out.mkdir(parents=True, exist_ok=True)
    rclpy.init(args=[])
    try:
        run(options)
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
    from seem_ros.demo import report, spatial
    from seem_ros.demo.node_process import NodeProcess
    from seem_ros.demo.operator_node import NoAnswerError, OperatorNode
    from seem_ros.demo.recording import Recording
    from seem_ros.demo.robot_camera import tf_is_installed
    from seem_ros.demo.show import Show
    from seem_ros.ros.tools.clip_camera import WORLD_FRAME

    out, started = options.out, time.monotonic()
    clip = Clip(options.clip)
    frames = min(len(clip), options.frames or len(clip))
    model = ("-p", f"model:={options.model}", "-p", f"device:={options.device}")
    model += ("-p", "depth_wait:=0.5", "-p", "tf_timeout:=0.5")  # slow machines need longer
    upright = tf_is_installed()
    if upright:
        model += ("-p", f"gravity_frame:={WORLD_FRAME}")
    parameters = resources.config_path("seem.yaml")
    print(f"starting seem_node ({options.model}), ROS_DOMAIN_ID={os.environ['ROS_DOMAIN_ID']}")
    with (
        contextlib.closing(Recording(out / "demo.mcap")) as recording,
        NodeProcess(parameters, out / "seem_node.log", model) as node,
    ):
        operator = OperatorNode(recording.write, lambda: node.exit_code is None)
        show = Show(operator)
        try:
            operator.wait_until_ready(READY_S)
            print(f"playing {frames} frames and {options.photographs} photographs", flush=True)
            show.play_clip(clip, frames, CLIP_BUDGET_S)
            clip_frames = len(show.overlays)
            show.play_photographs(PHOTOGRAPHS[: options.photographs])
        except NoAnswerError as error:
            raise NoAnswerError(f"{error}\n--- {node.log}\n{node.last_lines()}") from error
        finally:
            operator.destroy()
    report.write_contact_sheet(out / "contact_sheet.png", show.results)
    report.write_overlays(out / "overlays", show.overlays)
    report.write_video(out / "demo.mp4", show.overlays, clip_frames, clip.fps)
    frame_s = float(np.median(show.seconds_per_frame))
    report.write_figures(out / "results.json", show.results, frame_s, show.placed)
    print(f"\n{report.table(show.results)}\n")
    if show.spatial_picture is not None:
        report.write_spatial_picture(out / "spatial.png", show.spatial_picture)
        print(f"in space, against the truth (medians; spatial.png)\n{spatial.table(show.placed)}")
        if not upright:
            print("tf2_ros is not installed: the table under a thing says what is upright")
        print()
    print(f"{clip_frames} clip frames, median {frame_s * 1000:.0f} ms from image to overlay")
    took_s = time.monotonic() - started
    print(f"done in {took_s:.0f} s; look at {out}/contact_sheet.png, demo.mp4, overlays/,")
    print("demo.mcap (opens in Foxglove), results.json, seem_node.log")
    print("to click, draw and type on the clip yourself, in a browser: make console")


def _parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(prog="python -m seem_ros.demo", description=__doc__)
    result.add_argument("--out", type=Path, default=Path("demo_out"), help="folder for results")
    result.add_argument("--clip", type=Path, help="folder of another clip than the bundled one")
    result.add_argument("--model", default="nano", help="name or path of a checkpoint")
    result.add_argument("--device", default="auto", help="auto, cpu, cuda")
    result.add_argument("--frames", type=int, default=0, help="play only the first ones")
    photographs = {"type": int, "default": len(PHOTOGRAPHS), "choices": range(5)}
    result.add_argument("--photographs", help="how many are shown", **photographs)
    return result


if __name__ == "__main__":
    main()
