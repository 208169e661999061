"""How fast services and parameter changes answer while the model works on every image.

python -m benchmarks.control [--model nano] [--calls 20] [--json OUT]

seem_node runs in a process of its own and gets images faster than it can segment them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.tracking import discs
from seem_ros import resources
from seem_ros.demo import environment

if TYPE_CHECKING:
    from rclpy.client import Client
    from rclpy.task import Future

PATIENCE_S = 400.0
COUNT = 5
PARTS = ("median", "p95", "max")


class Operator:
    """A node that shows pictures without pause and calls services."""

    def __init__(self) -> None:
        """Create it and start its executor."""
        import rclpy
        from rclpy.executors import SingleThreadedExecutor
        from sensor_msgs.msg import Image

        from seem_ros.msg import Prompt, Status
        from seem_ros.ros import qos

        self.node = rclpy.create_node("control_benchmark")
        self.status: Any = None
        self._image = self.node.create_publisher(Image, "image", qos.newest())
        self._prompt = self.node.create_publisher(Prompt, "/seem_node/prompt", qos.reliable())
        self.node.create_subscription(Status, "/seem_node/status", self._on_status, qos.latched())
        self.node.create_timer(1 / 15, self._show)
        self._frame = 0
        self.shows = False
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)
        threading.Thread(target=self._executor.spin, daemon=True).start()

    def _on_status(self, status: Any) -> None:
        self.status = status

    def _show(self) -> None:
        if not self.shows:
            return
        from std_msgs.msg import Header

        from seem_ros.ros.messages import images

        self._frame += 1
        header = Header(stamp=self.node.get_clock().now().to_msg(), frame_id="camera")
        self._image.publish(images.image_message(discs(COUNT, self._frame)[0], "rgb8", header))

    def wait(self, done: Callable[[Any], bool]) -> None:
        """Wait until ~/status is as wanted.

        Raises:
            TimeoutError: it does not become so.

        """
        end = time.monotonic() + PATIENCE_S
        while self.status is None or not done(self.status):
            if time.monotonic() > end:
                raise TimeoutError(f"seem_node does not do what it should, it says {self.status}")
            time.sleep(0.1)

    def make_busy(self) -> None:
        """Show pictures, ask for the things in them, and wait until images have to be dropped."""
        from geometry_msgs.msg import Point32

        from seem_ros.msg import Prompt

        self.shows = True
        self.wait(lambda status: status.state == status.RUNNING)
        for x, y, _ in discs(COUNT, 0)[1]:
            self._prompt.publish(Prompt(points=[Point32(x=float(x), y=float(y))]))
        self.wait(lambda status: status.instance_count >= 1)
        dropped = self.status.images_dropped
        self.wait(lambda status: status.images_dropped >= dropped + 5)

    def call_ms(self, kind: Any, name: str, calls: int, **fields: Any) -> np.ndarray:
        """Return the milliseconds that each call of a service took."""
        client: Client[Any, Any] = self.node.create_client(kind, f"/seem_node/{name}")
        if not client.wait_for_service(PATIENCE_S):
            raise SystemExit(f"no service {name}")
        times = []
        for _ in range(calls):
            begin = time.perf_counter()
            if not _is_answered(client.call_async(kind.Request(**fields))):
                raise SystemExit(f"{name} did not answer")
            times.append((time.perf_counter() - begin) * 1000)
            time.sleep(0.05)
        return np.array(times)


def _is_answered(future: Future[Any]) -> bool:
    """Wait for the answer, as long as patience lasts."""
    answered = threading.Event()
    future.add_done_callback(lambda _: answered.set())
    return answered.wait(PATIENCE_S)


def measure(operator: Operator, calls: int) -> dict[str, dict[str, float]]:
    """Return median, 95th percentile and maximum of each kind of call."""
    from rcl_interfaces.srv import SetParameters
    from rclpy.parameter import Parameter

    from seem_ros.srv import ListInstances, RenameInstance, SelectTarget

    change = [Parameter("overlay_quality", value=70).to_parameter_msg()]
    kinds: dict[str, tuple[Any, dict[str, Any]]] = {
        "list_instances": (ListInstances, {}),
        "select_target": (SelectTarget, {"instance_id": 1}),
        "rename_instance": (RenameInstance, {"label": "disc"}),
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
    parser.add_argument("--calls", type=int, default=20)
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
                operator.wait(lambda status: status.state == status.WAITING)
                idle = measure(operator, options.calls)
                operator.make_busy()
                busy = measure(operator, options.calls)
            except TimeoutError as error:
                raise SystemExit(f"{error}; its log:\n{log.read_text()}") from error
            status = operator.status
    print(
        f"{options.model} on {status.device}, {status.instance_count} instances: "
        f"{status.inference_time * 1000:.0f} ms an image, {status.images_dropped} dropped; "
        f"{os.cpu_count()} cores with a load of {os.getloadavg()[0]:.1f}"
    )
    print(
        "ms until a call is answered      idle: median   p95   max      busy: median   p95   max"
    )
    for name in busy:
        columns = [f"{rows[name][part]:7.0f}" for rows in (idle, busy) for part in PARTS]
        print(f"{name:34}" + "".join(columns[:3]) + "        " + "".join(columns[3:]))
    if options.json:
        options.json.write_text(json.dumps({"idle": idle, "busy": busy}, indent=1) + "\n")
    sys.stdout.flush()
    os._exit(0)  # the executor's thread never ends by itself


if __name__ == "__main__":
    main()
