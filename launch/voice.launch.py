"""Start voice_node, the process that turns speech into prompts.

ros2 launch seem_ros voice.launch.py params_file:=my_voice.yaml
"""

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

# name, default, description
ARGUMENTS = (
    ("namespace", "", "Namespace of the node; the same as seem_node's."),
    ("params_file", "", "Parameters of voice_node; empty = the node's own values."),
)


def voice_node(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return the node."""
    params_file = LaunchConfiguration("params_file").perform(context)
    node = Node(
        package="seem_ros",
        executable="voice_node",
        name="voice_node",
        namespace=LaunchConfiguration("namespace"),
        parameters=[params_file] if params_file else [],
        output="screen",
        emulate_tty=True,
    )
    return [node]


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments and return what to start."""
    declared = [
        DeclareLaunchArgument(name, default_value=default, description=text)
        for name, default, text in ARGUMENTS
    ]
    return LaunchDescription([*declared, OpaqueFunction(function=voice_node)])
