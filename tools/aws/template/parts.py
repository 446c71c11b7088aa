"""What the parts of the template share."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

# Where in the bucket the last published pages lie, under the paths they have on the site.
STATIC_COPY = "/site"
# And what was rendered and is not published yet, or never will be: nobody reads it but who publishes.
BUILT = "built/"


def resources(**entries: Json) -> Json:
    """Return a part that holds only resources."""
    return {"Resources": entries}


def kept(kind: str, properties: Json) -> Json:
    """Return a resource that outlives the stack: deleting a stack by mistake must not lose a report."""
    return {
        "Type": kind,
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": properties,
    }
