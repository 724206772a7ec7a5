"""The benchmarks by name: python -m bench [NAME] [--farmers N]; without a name, all. Each prints its ratios, both sides in one run."""

import argparse
import importlib
import logging

from core import log
from tests import servers

# name → what it measures
BENCHMARKS = {
    "turn": "a USSD turn over HTTP, against a bare Flask route and the same turn written the usual way",
    "match": "ten times the farmers x 200 offers, stored with reasons, against the double loop over objects",
    "plan": "plan a tailored broadcast, against COPY of a row a phone",
    "send": "plan, send and record, against one job and one call a farmer, and against the gateway calls alone",
    "month": "a FARMIS month on the embedded default, against the loop that sends one text after another",
    "lab": "a tailored broadcast under chaos, everything killed now and then: nothing twice, nothing lost, the account balanced",
}
ONLY_BY_NAME = {"lab"}  # it takes many minutes, and shows that promises hold rather than how fast anything is


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description="; ".join(f"{name}: {says}" for name, says in BENCHMARKS.items()))
    parser.add_argument("names", nargs="*", help=", ".join(BENCHMARKS))
    parser.add_argument("--farmers", type=int, default=100_000, help="for turn, plan and send")
    parser.add_argument("--seed", type=int, default=0, help="for lab: what happens and when; 0: a new one, which is printed")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="for lab: only this one")
    given = parser.parse_args()
    log.prepare(machine=True)
    logging.getLogger().setLevel(logging.WARNING)
    servers.prepare()
    for name in given.names or [name for name in BENCHMARKS if name not in ONLY_BY_NAME]:
        if name not in BENCHMARKS:
            parser.error(f"no benchmark {name!r}; there are {', '.join(BENCHMARKS)}")
        print(f"\n{name}: {BENCHMARKS[name]}")
        more = {"seed": given.seed, "database": given.database} if name in ONLY_BY_NAME else {}
        importlib.import_module(f"bench.{name}").run(given.farmers, **more)


if __name__ == "__main__":
    main()
