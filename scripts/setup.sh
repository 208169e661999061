#!/bin/sh
# Find a Python that seem_ros supports and hand over to setup_workspace.py. Called by `make setup`.
set -eu
cd "$(dirname "$0")/.."

# A workspace made with an installed ROS 2 stays with it, also in a shell where none is sourced.
if [ -z "${ROS_DISTRO:-}" ] && grep -qs '^# ROS 2 ' env.sh; then
    set +eu
    . ./env.sh
    set -eu
fi

# A sourced ROS 2 is built for the system's Python; any other would not find rclpy. Lyrical's is 3.14, the
# wheels of Kilted end with 3.13.
if [ -n "${ROS_DISTRO:-}" ]; then
    newest=14
    candidates="${PYTHON:-/usr/bin/python3}"
else
    newest=13
    candidates="${PYTHON:-python3 python3.12 python3.11 python3.13 python3.10 /usr/bin/python3}"
fi

supported="import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, $newest))"
for candidate in $candidates; do
    if "$candidate" -c "$supported" 2>/dev/null; then
        exec "$candidate" scripts/setup_workspace.py "$@"
    fi
done
echo "error: seem_ros needs Python 3.10 to 3.$newest (tried: $candidates)." \
    "Install it: sudo apt install python3 python3-venv python3-dev, or name one: make setup PYTHON=/path/to/python3" >&2
exit 1
