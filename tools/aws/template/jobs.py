"""What the desk waits for: a queue of job ids, and one for those that nobody could do."""

from __future__ import annotations

from tools.aws.template.mail import queue
from tools.aws.template.parts import Json, resources
from tools.build.functions import RUN_JOB

TRIES = 5  # as AWS advises for functions: a throttled run counts as one
KEEPS = 24 * 3600  # a publish of yesterday that nobody did is to be pressed again


def jobs() -> Json:
    """The queue of jobs. Its messages are ids without a meaning; what they are about is in the table."""
    return resources(
        Jobs=queue(
            {
                # Six times the function's time, as AWS advises: nothing comes twice while it is worked on.
                "VisibilityTimeout": 6 * RUN_JOB.timeout,
                "MessageRetentionPeriod": KEEPS,
                "RedrivePolicy": {
                    "deadLetterTargetArn": {"Fn::GetAtt": ["JobsFailed", "Arn"]},
                    "maxReceiveCount": TRIES,
                },
            }
        ),
        JobsFailed=queue({}),
    )
