"""The benchmarks by name: python -m bench [NAME] [--farmers N]; without a name, all. Each prints its ratios, both sides in one run."""

import argparse
import importlib
import logging

from core import log
from tests import servers

# name → what it measures
BENCHMARKS = {
    "match": "ten times the farmers x 200 offers, stored with reasons, against the double loop over objects",
    "plan": "plan a tailored broadcast, against COPY of a row a phone",
    "send": "plan, send and record, against one job and one call a farmer, and against the gateway calls alone",
    "month": "a FARMIS month on the embedded default, against the loop that sends one text after another",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description="; ".join(f"{name}: {says}" for name, says in BENCHMARKS.items()))
    parser.add_argument("names", nargs="*", help=", ".join(BENCHMARKS))
    parser.add_argument("--farmers", type=int, default=100_000, help="for plan and send")
    given = parser.parse_args()
    log.prepare(machine=True)
    logging.getLogger().setLevel(logging.WARNING)
    servers.prepare()
    for name in given.names or BENCHMARKS:
        if name not in BENCHMARKS:
            parser.error(f"no benchmark {name!r}; there are {', '.join(BENCHMARKS)}")
        print(f"\n{name}: {BENCHMARKS[name]}")
        importlib.import_module(f"bench.{name}").run(given.farmers)


if __name__ == "__main__":
    main()
