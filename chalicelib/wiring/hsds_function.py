"""Lambda handler of the HSDS function: made once, with the snapshot read, when Lambda loads this module."""

from __future__ import annotations

from chalicelib.wiring import hsds

answer = hsds.start()
