#!/bin/bash
# Run a command with ROS 2 and this workspace sourced.
set -eo pipefail
. "/opt/ros/${ROS_DISTRO}/setup.bash"
. /opt/seem_ws/install/setup.bash
exec "$@"
