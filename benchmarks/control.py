"""How fast services and parameter changes answer while the model works on every image.

python -m benchmarks.control [--model nano] [--calls 40] [--json OUT]

seem_node runs in a process of its own and gets images faster than it can segment them.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.tracking import discs
from seem_ros import resources
from seem_ros.demo import environment

PATIENCE_S = 120.0


class Operator:
    """A node that shows pictures without pause and calls services."""

    def __init__(self) -> None:
        """Create it and start its executor."""
        import rclpy
        from rclpy.executors import SingleThreadedExecutor
        from sensor_msgs.msg import Image

        from seem_ros.msg import Status
        from seem_ros.ros import qos

        self.node = rclpy.create_node("control_benchmark")
        self.status: Any = None
        self._image = self.node.create_publisher(Image, "image", qos.newest())
        self.node.create_subscription(Status, "/seem_node/status", self._on_status, qos.latched())
        self.node.create_timer(1 / 15, self._show)
        self._frame = 0
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)
        threading.Thread(target=self._executor.spin, daemon=True).start()

    def _on_status(self, status: Any) -> None:
        self.status = status

    def _show(self) -> None:
        from std_msgs.msg import Header

        from seem_ros.ros import images

        self._frame += 1
        header = Header(stamp=self.node.get_clock().now().to_msg(), frame_id="camera")
        self._image.publish(images.image_message(discs(5, self._frame)[0], "rgb8", header))

    def wait_until_busy(self) -> None:
        """Wait until the node segments images and drops those it has no time for."""
        end = time.monotonic() + PATIENCE_S
        while self.status is None or self.status.images_dropped < 3:
            if time.monotonic() > end:
                raise TimeoutError(f"seem_node did not get busy, it says {self.status}")
            time.sleep(0.1)

    def call_ms(self, kind: Any, name: str, calls: int, **fields: Any) -> np.ndarray:
        """Return the milliseconds that each call of a service took."""
        client = self.node.create_client(kind, f"/seem_node/{name}")
        if not client.wait_for_service(PATIENCE_S):
            raise SystemExit(f"no service {name}")
        times = []
        for _ in range(calls):
            answered = threading.Event()
            begin = time.perf_counter()
            future = client.call_async(kind.Request(**fields))
            future.add_done_callback(lambda _, answered=answered: answered.set())
            if not answered.wait(PATIENCE_S):
                raise SystemExit(f"{name} did not answer")
            times.append((time.perf_counter() - begin) * 1000)
            time.sleep(0.05)
        return np.array(times)


def measure(operator: Operator, calls: int) -> dict[str, dict[str, float]]:
    """Return median, 95th percentile and maximum of each kind of call."""
    from rcl_interfaces.srv import SetParameters
    from rclpy.parameter import Parameter
    from std_srvs.srv import Trigger

    from seem_ros.srv import ListInstances, SelectTarget

    change = [Parameter("overlay_quality", value=70).to_parameter_msg()]
    kinds = {
        "list_instances": (ListInstances, {}),
        "select_target": (SelectTarget, {"instance_id": 0}),
        "undo": (Trigger, {}),
        "set_parameters": (SetParameters, {"parameters": change}),
    }
    figures = {}
    for name, (kind, fields) in kinds.items():
        times = operator.call_ms(kind, name, calls, **fields)
        low, high = np.quantile(times, (0.5, 0.95))
        figures[name] = {"median": low, "p95": high, "max": times.max()}
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="nano")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--calls", type=int, default=40)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    environment.isolate(1 + os.getpid() % 100)
    import rclpy

    from seem_ros.demo.node_process import NodeProcess

    rclpy.init()
    model = ("-p", f"model:={options.model}", "-p", f"device:={options.device}")
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "seem_node.log"
        with NodeProcess(resources.config_path("seem.yaml"), log, model):
            operator = Operator()
            try:
                operator.wait_until_busy()
            except TimeoutError as error:
                raise SystemExit(f"{error}; its log:\n{log.read_text()}") from error
            figures = measure(operator, options.calls)
            status = operator.status
    print(
        f"{options.model} on {status.device}: {status.inference_time * 1000:.0f} ms an image, ",
        end="",
    )
    print(f"{status.images_dropped} images dropped; ms until a call is answered")
    for name, row in figures.items():
        print(
            f"{name:16} median {row['median']:7.1f}  p95 {row['p95']:7.1f}  max {row['max']:7.1f}"
        )
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
