"""console_node: the operator's page of a running seem_node. A process of its own.

The executor has a thread; the web server has the main one.
"""

from __future__ import annotations

import sys
import threading
import traceback
from functools import partial
from typing import Any

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from seem_ros.console.running import run
from seem_ros.ros import node_help, parameter_fields, process
from seem_ros.ros.console.parameters import ConsoleParameters
from seem_ros.ros.console.ros_session import RosSession
from seem_ros.ros.names import watch_name
from seem_ros.speech.grammar.language import load_language


class ConsoleNode(Node):
    """Holds the parameters and the session.

    Attributes:
        parameters: the values given at start.
        session: what the page looks at.

    """

    def __init__(self, **node_arguments: Any) -> None:
        """Join the topics; no page is served yet.

        Raises:
            ValueError: a parameter is wrong.

        """
        super().__init__("console_node", enable_logger_service=True, **node_arguments)
        watch_name(self)
        self.parameters = parameter_fields.declare(self, ConsoleParameters)
        # What can be said can be typed: the names that voice_node knows.
        words = tuple(dict.fromkeys(load_language("en").names.values()))
        self.session = RosSession(self, self.parameters, words)


def main(args: list[str] | None = None) -> None:
    """Serve the page until Ctrl-C; exit with 1 when it cannot start."""
    if node_help.is_asked_for(args):
        remapped = "-r image:=/camera/color/image_raw -p port:=8643"
        print(node_help.text("console_node", __doc__, (ConsoleParameters,), remapped))
        return
    process.initialise("console_node", args, SignalHandlerOptions.NO)
    node = process.created("console_node", ConsoleNode)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    stopping = threading.Event()
    spinning = threading.Thread(target=_spin, args=(executor, node, stopping), name="executor")
    spinning.start()
    problem = None
    try:
        run(node.session, node.parameters.server_options(), partial(_announce, node))
    except (ValueError, OSError) as error:  # a taken port, a short token, no certificate
        problem = f"console_node: {error}"
    finally:
        stopping.set()
        executor.shutdown()
        spinning.join()
        node.destroy_node()
        rclpy.try_shutdown()
    sys.exit(problem)


def _announce(node: Node, url: str) -> None:
    node.get_logger().info(f"open {url} in a browser")


def _spin(executor: SingleThreadedExecutor, node: Node, stopping: threading.Event) -> None:
    """Spin until told to stop; a fault in a callback must not blind the page."""
    while not stopping.is_set():
        try:
            executor.spin()
        except ExternalShutdownException:
            return
        except Exception:  # noqa: BLE001 see above
            if not stopping.is_set():
                node.get_logger().error(traceback.format_exc(), throttle_duration_sec=5.0)


if __name__ == "__main__":
    main()
