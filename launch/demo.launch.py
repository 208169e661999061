"""The scripted demo, as `make demo` runs it: clip, photographs, prompts, a report; then it ends.

    ros2 launch seem_ros demo.launch.py out:=demo_out

To play the clip as a camera and prompt it yourself: clip.launch.py.
"""

import sys

from launch.actions import DeclareLaunchArgument, ExecuteProcess, Shutdown
from launch.events.process import ProcessExited
from launch.substitutions import LaunchConfiguration

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity

# name, default, description
ARGUMENTS = (
    ("out", "demo_out", "Folder for the results."),
    ("model", "nano", "Name of a model or path of a checkpoint."),
    ("device", "auto", "auto, cpu, cuda, cuda:0."),
)
INTERRUPTED = (130, -2, -15)


def ended(event: ProcessExited, context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """End launch with the demo.

    Raises:
        RuntimeError: the demo failed; launch exits with 1 then.

    """
    if event.returncode and event.returncode not in INTERRUPTED:
        raise RuntimeError(f"the demo failed with exit code {event.returncode}, see above")
    return [Shutdown()]


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments and return the demo; launch ends with it."""
    declared = [
        DeclareLaunchArgument(name, default_value=default, description=text)
        for name, default, text in ARGUMENTS
    ]
    command = [sys.executable, "-m", "seem_ros.demo"]
    for name, _, _ in ARGUMENTS:
        command += [f"--{name}", LaunchConfiguration(name)]
    demo = ExecuteProcess(cmd=command, output="screen", on_exit=ended)
    return LaunchDescription([*declared, demo])
