"""Package list of `pip install .`; everything else is in pyproject.toml.

config/ and msg/ lie beside the package in the sources and are installed into it: see resources.py.
The ROS package is built by CMakeLists.txt, not from here.
"""

from setuptools import find_namespace_packages, setup

setup(
    packages=[
        *find_namespace_packages(include=["seem_ros", "seem_ros.*"]),
        "seem_ros.config",
        "seem_ros.interfaces",
    ],
    package_dir={"seem_ros.config": "config", "seem_ros.interfaces": "msg"},
    package_data={
        "seem_ros": [
            "weights/*.safetensors",
            "demo/clip/**/*",
            "model/text/*",
            "console/page/**/*",
        ],
        "seem_ros.config": ["**/*"],
        "seem_ros.interfaces": ["*.msg"],
    },
)
