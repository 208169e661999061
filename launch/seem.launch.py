"""Start seem_node on a camera, with RViz, voice and the operator's page on request.

    ros2 launch seem_ros seem.launch.py camera:=/camera/color rviz:=true \
        depth:=/camera/aligned_depth_to_color/image_raw

Several cameras with one model; {} stands for each one's name:

    ros2 launch seem_ros seem.launch.py cameras:=front,wrist camera:=/{}/color
"""

import re

from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, OpaqueFunction
from launch.conditions import IfCondition
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity

SHARE = FindPackageShare("seem_ros")

# name, default, description
ARGUMENTS = (
    (
        "cameras",
        "",
        "Names of several, front,wrist; topics here then hold {} for each one's name.",
    ),
    ("camera", "/camera/color", "Namespace of the camera: <camera>/image_raw, camera_info."),
    ("image", "", "Colour image topic, where it is not <camera>/image_raw."),
    ("camera_info", "", "Calibration topic, where it is not <camera>/camera_info."),
    ("depth", "", "Depth topic, registered to the colour image; empty = 2-D only."),
    ("depth_info", "", "Its calibration, where it is not beside `depth`: depth of another size."),
    ("depth_transport", "", "raw or compressedDepth; empty = as in params_file."),
    ("model", "", "Name of a model or path of a checkpoint; empty = as in params_file."),
    ("device", "", "auto, cpu, cuda, cuda:0; empty = as in params_file."),
    ("image_transport", "", "raw or compressed; empty = as in params_file."),
    ("target_frame", "", "TF frame of the 3-D outputs; empty = as in params_file."),
    ("gravity_frame", "", "TF frame whose z axis points up; empty = as in params_file."),
    ("namespace", "", "Namespace of the node."),
    ("use_sim_time", "false", "Take the time from /clock: simulation, bags."),
    ("autostart", "", "true or false: a lifecycle manager starts the node; as in params_file."),
    ("log_level", "info", "debug, info, warn, error or fatal: what seem_node logs."),
    ("respawn", "false", "Start seem_node again when it ends."),
    ("rviz", "false", "Open RViz with config/rviz/seem.rviz."),
    ("fixed_frame", "camera_color_optical_frame", "RViz's fixed frame."),
    ("voice", "false", "Start voice_node too."),
    ("audio", "", "What it hears: microphone, file or topic (the console's); empty = as it does."),
    ("console", "false", "Start console_node too: the operator's page in a browser."),
    ("console_host", "127.0.0.1", "Address the page is served on; others need a token."),
    ("console_port", "8642", "Port the page is served on."),
)
# Passed on as parameters when they are given.
PARAMETERS = (
    *("model", "device", "image_transport", "depth_transport", "target_frame", "gravity_frame"),
)
SHOWN = ("overlay", "markers", "points", "target_points")


def seem_node(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return the node, with the parameters and remappings that were asked for."""

    def value(name: str) -> str:
        return LaunchConfiguration(name).perform(context)

    names = cameras(context)
    given: dict[str, str | bool | list[str]] = {n: value(n) for n in PARAMETERS if value(n)}
    if names:
        given["cameras"] = names
    if value("autostart"):
        given["autostart"] = is_true(value("autostart"))
    if not value("depth"):
        given["use_depth"] = False
    node = Node(
        package="seem_ros",
        executable="seem_node",
        name="seem_node",
        namespace=value("namespace"),
        parameters=[
            LaunchConfiguration("params_file"),
            {**given, "use_sim_time": is_true(value("use_sim_time"))},
        ],
        remappings=[topic for name in names or [""] for topic in camera_topics(context, name)],
        arguments=["--ros-args", "--log-level", value("log_level")],
        respawn=is_true(value("respawn")),
        respawn_delay=2.0,
        output="screen",
        emulate_tty=True,
    )
    return [node]


def is_true(word: str) -> bool:
    """Tell whether an argument says yes, written as ROS 1, YAML or Python do."""
    return word.strip().lower() in ("true", "1", "yes", "on")


def cameras(context: LaunchContext) -> list[str]:
    """Return the names of several cameras, none where there is one.

    Raises:
        RuntimeError: they would all see the same image.

    """
    names = re.findall(r"\w+", LaunchConfiguration("cameras").perform(context))
    images = {dict(image_topics(context, name))["image"] for name in names}
    if len(images) < len(names):
        raise RuntimeError(
            f"cameras {', '.join(names)} would all see {', '.join(images)}: put {{}} where their "
            "names belong, as in camera:=/{}/color"
        )
    return names


def topic_of(context: LaunchContext, argument: str, camera: str) -> str:
    """Return a topic that was given, of one camera."""
    return LaunchConfiguration(argument).perform(context).replace("{}", camera)


def camera_topics(context: LaunchContext, camera: str) -> list[tuple[str, str]]:
    """Return the remappings of all topics of a camera; "" is the only one."""
    prefix = f"{camera}/" if camera else ""
    base = topic_of(context, "camera", camera).rstrip("/")
    info = topic_of(context, "camera_info", camera) or f"{base}/camera_info"
    topics = [*image_topics(context, camera), ("camera_info", info)]
    if depth := topic_of(context, "depth", camera):
        topics += depth_topics(depth, topic_of(context, "depth_info", camera))
    return [(prefix + name, topic) for name, topic in topics]


def image_topics(context: LaunchContext, camera: str) -> list[tuple[str, str]]:
    """Return the remappings of a camera's image, without its name."""
    base = topic_of(context, "camera", camera).rstrip("/")
    image = topic_of(context, "image", camera) or f"{base}/image_raw"
    return [("image", image), ("image/compressed", f"{image}/compressed")]


def depth_topics(depth: str, info: str) -> list[tuple[str, str]]:
    """Return the remappings of depth; its calibration is beside it, as everywhere in ROS."""
    beside = "/".join([*depth.split("/")[:-1], "camera_info"])
    compressed = ("depth/compressedDepth", f"{depth}/compressedDepth")
    return [("depth", depth), compressed, ("depth_info", info or beside)]


def console_node(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return the operator's page of each camera, looking at the same image as the node."""

    def value(name: str) -> str:
        return LaunchConfiguration(name).perform(context)

    nodes: list[LaunchDescriptionEntity] = []
    for index, camera in enumerate(cameras(context) or [""]):
        port = int(value("console_port")) + index
        parameters = {"host": value("console_host"), "port": port, "segmenter": segmenter(camera)}
        if value("image_transport"):
            parameters["image_transport"] = value("image_transport")
        node = Node(
            package="seem_ros",
            executable="console_node",
            name=f"console_{camera or 'node'}",
            namespace=value("namespace"),
            parameters=[parameters],
            remappings=image_topics(context, camera),
            output="screen",
            emulate_tty=True,
            condition=IfCondition(LaunchConfiguration("console")),
        )
        nodes.append(node)
    return nodes


def segmenter(camera: str) -> str:
    """Return what others address a camera by; "" is the only one."""
    return f"seem_node/{camera}" if camera else "seem_node"


def voice(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return the voice, which speaks to the first camera."""
    included = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(PathJoinSubstitution([SHARE, "launch", "voice.launch.py"])),
        launch_arguments={
            "namespace": LaunchConfiguration("namespace"),
            "segmenter": segmenter((cameras(context) or [""])[0]),
            "audio": LaunchConfiguration("audio"),
        }.items(),
        condition=IfCondition(LaunchConfiguration("voice")),
    )
    return [included]


def rviz(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return RViz for the first camera; its layout names topics of one without a namespace."""
    namespace = LaunchConfiguration("namespace").perform(context).strip("/")
    first = (cameras(context) or [""])[0]
    inside = f"/{namespace}" if namespace else ""
    topics = {f"/seem_node/{topic}": f"{inside}/{segmenter(first)}/{topic}" for topic in SHOWN}
    for click in ("clicked_point", "clicked_point_negative"):
        topics[f"/{click}"] = f"{inside}/{first}/{click}" if first else f"{inside}/{click}"
    node = Node(
        package="rviz2",
        executable="rviz2",
        name="rviz_seem",
        arguments=[
            "-d",
            LaunchConfiguration("rviz_config"),
            "-f",
            LaunchConfiguration("fixed_frame"),
        ],
        parameters=[
            {"use_sim_time": is_true(LaunchConfiguration("use_sim_time").perform(context))}
        ],
        remappings=[rule for rule in topics.items() if rule[0] != rule[1]],
        condition=IfCondition(LaunchConfiguration("rviz")),
    )
    return [node]


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments and return what to start."""
    declared = [
        DeclareLaunchArgument(name, default_value=default, description=text)
        for name, default, text in ARGUMENTS
    ]
    files = [
        DeclareLaunchArgument(
            "params_file",
            default_value=PathJoinSubstitution([SHARE, "config", "seem.yaml"]),
            description="Parameters of seem_node.",
        ),
        DeclareLaunchArgument(
            "rviz_config",
            default_value=PathJoinSubstitution([SHARE, "config", "rviz", "seem.rviz"]),
            description="Layout of RViz.",
        ),
    ]
    nodes = [OpaqueFunction(function=made) for made in (seem_node, console_node, rviz, voice)]
    return LaunchDescription([*declared, *files, *nodes])
