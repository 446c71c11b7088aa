"""Time a handler alone, without the runtime client: `python alone.py HANDLER EVENT_FILE COUNT`."""

from __future__ import annotations

import importlib
import json
import statistics
import sys
import time


class Context:
    """As much of Lambda's context as the handlers look at."""

    aws_request_id = "00000000-0000-0000-0000-000000000000"
    function_name = "bench"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-west-2:000000000000:function:bench"

    def get_remaining_time_in_millis(self) -> int:
        """Return that there is time."""
        return 60_000


def main() -> None:
    """Print the median in microseconds."""
    module, _, name = sys.argv[1].rpartition(".")
    handler = getattr(importlib.import_module(module), name)
    with open(sys.argv[2], encoding="utf-8") as file:
        text = file.read()
    events = [json.loads(text) for _ in range(int(sys.argv[3]))]
    context, took = Context(), []
    for event in events:
        started = time.perf_counter_ns()
        answer = handler(event, context)
        took.append(time.perf_counter_ns() - started)
        assert answer["statusCode"] == 200
    print(statistics.median(took[len(took) // 10 :]) / 1000)


main()
