"""seem_node as a process of its own, the way an operator starts it."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from types import TracebackType

from ament_index_python.packages import PackageNotFoundError, get_package_prefix

STOP_S = 60.0  # a step of a large model on a slow machine, and more


class NodeProcess:
    """The installed seem_node; a context manager that ends it whatever happens.

    Attributes:
        log: file with everything the node prints.

    """

    def __init__(self, params_file: Path, log: Path, arguments: tuple[str, ...] = ()) -> None:
        """Prepare the command `seem_node --ros-args --params-file …` with further ROS arguments.

        Raises:
            FileNotFoundError: the ROS package is not built, or not in this shell.

        """
        self.log = log
        ros_arguments = ["--ros-args", "--params-file", str(params_file), *arguments]
        self._command = [str(executable("seem_node")), *ros_arguments]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> NodeProcess:
        """Start the node."""
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=subprocess.STDOUT)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the node as Ctrl-C would; kill it if it does not listen."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @property
    def exit_code(self) -> int | None:
        """Return how it ended, None while it runs."""
        return None if self._process is None else self._process.poll()

    @property
    def pid(self) -> int:
        """Return its process id.

        Raises:
            RuntimeError: it was not started.

        """
        if self._process is None:
            raise RuntimeError("the node was not started")
        return self._process.pid

    def last_lines(self, count: int = 12) -> str:
        """Return the end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])


def executable(name: str) -> Path:
    """Return the installed executable of the package.

    Raises:
        FileNotFoundError: the ROS package is not built, or not in this shell.

    """
    try:
        path = Path(get_package_prefix("seem_ros")) / "lib" / "seem_ros" / name
    except PackageNotFoundError as error:
        raise FileNotFoundError("seem_ros is not in this shell: source env.sh") from error
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist: run make setup")
    return path
