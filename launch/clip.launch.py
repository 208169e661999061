"""Play the bundled clip as a robot's camera (colour, depth, TF) and run seem_node on it.

ros2 launch seem_ros clip.launch.py rviz:=true
ros2 launch seem_ros clip.launch.py console:=true
ros2 run seem_ros prompt --text "red mug"
"""

from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

from launch import LaunchDescription

CAMERA = "/clip_camera"

# name, default, description
ARGUMENTS = (
    ("clip", "", "Folder of a clip; empty = the bundled one."),
    ("rate", "5.0", "Images a second."),
    ("model", "", "Name of a model or path of a checkpoint; empty = as in config/seem.yaml."),
    ("device", "", "auto, cpu, cuda, cuda:0; empty = as in config/seem.yaml."),
    ("target_frame", "", "TF frame of the 3-D outputs; empty = the camera's."),
    ("rviz", "false", "Open RViz."),
    ("voice", "false", "Start voice_node too."),
    ("audio", "", "What it hears: microphone, file or topic (the console's); empty = as it does."),
    ("console", "false", "Start console_node too: the operator's page in a browser."),
    ("console_host", "127.0.0.1", "Address the page is served on; others need a token."),
    ("console_port", "8642", "Port the page is served on."),
)
PASSED_ON = (
    *("model", "device", "target_frame", "rviz", "voice", "audio"),
    *("console", "console_host", "console_port"),
)


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments and return what to start."""
    declared = [
        DeclareLaunchArgument(name, default_value=default, description=text)
        for name, default, text in ARGUMENTS
    ]
    camera = Node(
        package="seem_ros",
        executable="clip_camera",
        name="clip_camera",
        namespace=CAMERA,
        parameters=[
            {
                "clip": ParameterValue(LaunchConfiguration("clip"), value_type=str),
                "rate": ParameterValue(LaunchConfiguration("rate"), value_type=float),
            }
        ],
        output="screen",
    )
    fixed = {
        "camera": CAMERA,
        "depth": f"{CAMERA}/depth",
        "gravity_frame": "world",
        "fixed_frame": "world",
    }
    seem = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(
            PathJoinSubstitution([FindPackageShare("seem_ros"), "launch", "seem.launch.py"])
        ),
        launch_arguments={
            **fixed,
            **{name: LaunchConfiguration(name) for name in PASSED_ON},
        }.items(),
    )
    return LaunchDescription([*declared, camera, seem])
