"""Lambda handler of the HSDS function: made once, with the snapshot read, when Lambda loads this module."""

from __future__ import annotations

import os

from chalicelib.settings import Settings
from chalicelib.wiring import hsds

answer = hsds.start(Settings.from_env(os.environ))
