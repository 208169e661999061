"""Start voice_node, the process that turns speech into prompts.

ros2 launch seem_ros voice.launch.py language:=en vosk_model:=/models/vosk-model-small-en-us
ros2 launch seem_ros voice.launch.py audio:=file audio_file:=commands.wav
"""

from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity

# Parameters of voice_node that are passed on when they are given; empty = the node's own values.
PARAMETERS = (
    ("language", "Language of config/voice, or the path of such a file."),
    ("engine", "Recogniser: see docs/use/voice.md."),
    ("vosk_model", "Folder or name of a Vosk model."),
    ("audio", "Where sound comes from: microphone, file or topic."),
    ("audio_file", "Recording to play once, with audio:=file."),
    ("microphone", "Number or part of the name of the microphone."),
    ("segmenter", "Name of the seem_node it speaks to; seem_node/front is one of its cameras."),
)


def voice_node(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return the node, with the parameters that were asked for."""

    def value(name: str) -> str:
        return LaunchConfiguration(name).perform(context)

    # ParameterValue keeps a microphone called "2" a text.
    given = {name: ParameterValue(value(name), value_type=str) for name, _ in PARAMETERS}
    parameters: list[dict[str, ParameterValue] | str] = [
        {name: text for name, text in given.items() if value(name)}
    ]
    if value("params_file"):
        parameters.insert(0, value("params_file"))
    node = Node(
        package="seem_ros",
        executable="voice_node",
        name="voice_node",
        namespace=value("namespace"),
        parameters=parameters,
        output="screen",
        emulate_tty=True,
    )
    return [node]


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments and return what to start."""
    others = (
        ("namespace", "Namespace of the node; the same as seem_node's."),
        ("params_file", "Further parameters of voice_node."),
    )
    declared = [
        DeclareLaunchArgument(name, default_value="", description=text)
        for name, text in (*PARAMETERS, *others)
    ]
    return LaunchDescription([*declared, OpaqueFunction(function=voice_node)])
