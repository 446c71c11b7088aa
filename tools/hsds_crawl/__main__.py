"""`python -m tools.hsds_crawl URL`: read an HSDS API's services into one file, for an import at the desk.

    python -m tools.hsds_crawl https://api.example.org/hsds --out services.jsonl

URL is where the API's `/services` stands below. For an operator's own machine: it reads with GET alone, one
request at a time with a pause between them, and says who asks. A file that is there already goes on where it
ended; --again starts anew. The file has a service a line (JSON lines), in full.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.hsds_crawl.crawl import Bounds, Crawl, CrawlFailed, over_http


def main(arguments: Sequence[str] | None = None) -> int:
    """Crawl what the command line asks for; 0 when the file is whole."""
    bounds = Bounds()
    parser = argparse.ArgumentParser(prog="python -m tools.hsds_crawl", description=__doc__.splitlines()[0])
    parser.add_argument("url", help="address of the API: /services stands below it")
    parser.add_argument("--out", type=Path, default=Path("services.jsonl"), help="file to write")
    parser.add_argument("--pause", type=float, default=bounds.pause, help="seconds between requests")
    parser.add_argument("--most", type=int, default=bounds.records, help="the most services to read")
    parser.add_argument("--again", action="store_true", help="start anew, whatever is in the file")
    wanted = parser.parse_args(arguments)
    bounds = Bounds(records=wanted.most, pause=max(wanted.pause, 0))
    try:
        crawl = Crawl(over_http(wanted.url, bounds), wanted.out, bounds)
        if wanted.again:
            crawl.forget()
        count = crawl()
    except CrawlFailed as error:
        print(f"porchlight: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("porchlight: stopped; the same command goes on from here", file=sys.stderr)
        return 1
    print(f"{wanted.out}: {count:,} services. Bring this file to the desk, under Import.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
