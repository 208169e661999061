#!/usr/bin/env python3
"""Ask seem_node for a thing by name, and save what a grasp planner needs of it.

    python examples/pick_client.py "mug" --out mug

writes, all of one camera image:

    mug/mask.png     mono8 0/255, size of the image: where the thing is
    mug/result.json  stamp, frame, id, name, score, pixel box, 3-D box (pose, size)
    mug/cloud.ply    points (metres) and colours, in the cloud's frame

Exit code 0: found; 1: not found, refused, or doubtful, and nothing is written; 2: no answer in
time; 130: cancelled by Ctrl-C.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import rclpy
from action_msgs.msg import GoalStatus
from builtin_interfaces.msg import Duration
from rclpy.action import ActionClient
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from seem_ros.action import Segment
from seem_ros.msg import Prompt
from seem_ros.tracking.pieces import far_pieces

FOUND, FAILED, NO_ANSWER, CANCELLED = 0, 1, 2, 130
STATUS = {
    GoalStatus.STATUS_SUCCEEDED: "succeeded",
    GoalStatus.STATUS_ABORTED: "aborted",
    GoalStatus.STATUS_CANCELED: "cancelled",
}


class PickClient(Node):
    """Sends one goal to ~/segment and waits for what comes of it."""

    def __init__(self, server: str) -> None:
        """Create a client of the action `<server>/segment`."""
        super().__init__("pick_client")
        self._client: ActionClient[Any, Any, Any] = ActionClient(
            self, Segment, f"{server}/segment"
        )

    def segment(
        self, text: str, timeout_s: float, want_cloud: bool, keep_tracking: bool
    ) -> tuple[str, Segment.Result]:
        """Return how the goal ended ("succeeded", "aborted", "cancelled") and its result.

        Raises:
            TimeoutError: the server is not there, or says nothing for much longer than the
                goal's own time.
            RuntimeError: the server does not take the goal.
            KeyboardInterrupt: Ctrl-C; the goal is cancelled first.

        """
        if not self._client.wait_for_server(timeout_sec=10.0):
            raise TimeoutError(f"no action server {self._client._action_name}: is seem_node up?")
        goal = Segment.Goal(
            prompt=Prompt(text=text, source="pick_client"),
            keep_tracking=keep_tracking,
            timeout=Duration(sec=int(timeout_s), nanosec=int(timeout_s % 1 * 1e9)),
            want_cloud=want_cloud,
        )
        handle = self._wait(self._client.send_goal_async(goal, self._on_feedback), 10.0)
        if not handle.accepted:
            raise RuntimeError("the goal was rejected: the node is not active")
        try:
            answer = self._wait(handle.get_result_async(), timeout_s + 10.0)
        except KeyboardInterrupt:
            self._wait(handle.cancel_goal_async(), 10.0)
            raise
        return STATUS.get(answer.status, "unknown"), answer.result

    def _on_feedback(self, message: Any) -> None:
        self.get_logger().info(message.feedback.stage)

    def _wait(self, future: Any, limit_s: float) -> Any:
        end = time.monotonic() + limit_s
        while not future.done():
            if time.monotonic() > end:
                raise TimeoutError(f"no answer within {limit_s:g} s")
            # In short steps: Python sees Ctrl-C between them only.
            rclpy.spin_until_future_complete(self, future, timeout_sec=0.1)
        return future.result()


def pixels_of(mask: Any) -> np.ndarray:
    """Return the (H, W) uint8 pixels of a mono8 image."""
    return np.frombuffer(mask.data, np.uint8).reshape(mask.height, mask.step)[:, : mask.width]


def doubt(record: dict[str, Any], mask: np.ndarray, least_score: float, most_m: float) -> str:
    """Return why a result is not to be grasped, empty where nothing speaks against it.

    Args:
        record: as `describe` returns it.
        mask: (H, W) uint8 or bool of the target.
        least_score: 0..1, of an answer that can be believed.
        most_m: longest edge of a plausible 3-D box, metres.

    """
    if record["score"] < least_score:
        return f"its score {record['score']:.2f} is below {least_score:g}"
    if pieces := far_pieces(mask > 0):
        return f"its mask is in {pieces + 1} pieces far from each other"
    longest = max(record["box_3d"]["size"]) if record["box_3d"] else 0.0
    return f"its box is {longest:.2f} m long" if longest > most_m else ""


def save(result: Segment.Result, folder: Path) -> dict[str, Any]:
    """Write mask, box and cloud of a result; return what result.json holds."""
    folder.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / "mask.png"), pixels_of(result.target_mask))
    record = describe(result)
    (folder / "result.json").write_text(json.dumps(record, indent=2) + "\n")
    if result.cloud.width:
        write_ply(folder / "cloud.ply", result.cloud)
    return record


def describe(result: Segment.Result) -> dict[str, Any]:
    """Return the target of a result as plain values; lengths in metres."""
    array = result.instances
    target = next(item for item in array.instances if item.id == array.target_id)
    stamps = {
        (message.header.stamp.sec, message.header.stamp.nanosec)
        for message in (array, result.target_mask, result.label_image)
    }
    if result.cloud.width:
        stamps.add((result.cloud.header.stamp.sec, result.cloud.header.stamp.nanosec))
    if len(stamps) != 1:
        raise RuntimeError(f"the parts of the result have different stamps: {sorted(stamps)}")
    roi, pose, size = target.roi, target.pose, target.size
    record = {
        "stamp": list(stamps.pop()),
        "frame_id": array.header.frame_id,
        "id": target.id,
        "name": target.label or target.class_name,
        "score": round(target.score, 4),
        "box_px": [roi.x_offset, roi.y_offset, roi.width, roi.height],
        "area_px": target.area,
        "box_3d": None,
    }
    if target.has_3d:
        place, turn = pose.position, pose.orientation
        record["box_3d"] = {
            "position": [place.x, place.y, place.z],
            "orientation_xyzw": [turn.x, turn.y, turn.z, turn.w],
            "size": [size.x, size.y, size.z],
        }
    if result.cloud.width:
        record["cloud"] = {
            "frame_id": result.cloud.header.frame_id,
            "points": result.cloud.width,
        }
    return record


def write_ply(path: Path, cloud: Any) -> None:
    """Write a PointCloud2 with x, y, z, rgb as a binary PLY file."""
    kinds = {7: "<f4", 6: "<u4"}
    fields = {field.name: field for field in cloud.fields}
    layout = np.dtype(
        {
            "names": list(fields),
            "formats": [kinds[field.datatype] for field in fields.values()],
            "offsets": [field.offset for field in fields.values()],
            "itemsize": cloud.point_step,
        }
    )
    points = np.frombuffer(cloud.data, layout)
    rgb = points["rgb"].copy().view("<u4")
    names = ("x", "y", "z", "red", "green", "blue")
    rows = np.empty(len(points), [(n, "<f4" if n in "xyz" else "u1") for n in names])
    for axis in "xyz":
        rows[axis] = points[axis]
    rows["red"], rows["green"], rows["blue"] = rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255
    header = ["ply", "format binary_little_endian 1.0", f"element vertex {len(rows)}"]
    header += [f"property {'float' if name in 'xyz' else 'uchar'} {name}" for name in names]
    path.write_bytes("\n".join([*header, "end_header", ""]).encode() + rows.tobytes())


def main(argv: list[str] | None = None) -> int:
    """Ask, save, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text", help="what to look for, such as 'red mug'")
    parser.add_argument("--out", type=Path, default=Path("pick"), help="folder for the results")
    parser.add_argument("--server", default="/seem_node", help="full name of the node")
    parser.add_argument("--timeout", type=float, default=10.0, help="seconds")
    parser.add_argument("--min-score", type=float, default=0.75, help="believed from here on")
    parser.add_argument("--max-size", type=float, default=1.0, help="longest edge, metres")
    parser.add_argument("--no-cloud", action="store_true", help="do without depth")
    parser.add_argument("--keep-tracking", action="store_true", help="follow it afterwards")
    args = parser.parse_args(argv)
    # With rclpy's own handler Ctrl-C would end the connection before the goal can be cancelled.
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    client = PickClient(args.server)
    try:
        status, result = client.segment(
            args.text, args.timeout, not args.no_cloud, args.keep_tracking
        )
        print(f"{status}: {result.message}")
        if not result.success:
            return FAILED
        mask = pixels_of(result.target_mask)
        if reason := doubt(describe(result), mask, args.min_score, args.max_size):
            print(f"pick_client: {args.text!r} is doubtful: {reason}", file=sys.stderr)
            return FAILED
        print(json.dumps(save(result, args.out)))
        return FOUND
    except (TimeoutError, RuntimeError) as error:
        print(f"pick_client: {error}", file=sys.stderr)
        return NO_ANSWER
    except KeyboardInterrupt:
        return CANCELLED
    finally:
        client.destroy_node()
        rclpy.try_shutdown()


if __name__ == "__main__":
    sys.exit(main())
