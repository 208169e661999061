"""``python -m seem_ros`` is ``seem-ros``."""

from __future__ import annotations

import sys

from seem_ros.cli import main

sys.exit(main())
