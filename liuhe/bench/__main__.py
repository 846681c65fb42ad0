"""`python -m liuhe.bench graphql|growth`: see `liuhe bench`."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from liuhe.bench import graphql, growth


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="liuhe bench")
    parser.add_argument("name", choices=["graphql", "growth"])
    parser.add_argument("--cases", type=int, help="how many cases (the larger number)")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--engines", default="sqlite,postgres")
    parser.add_argument("--folder", type=Path, help="growth: keep the filled databases here")
    options = parser.parse_args(argv)
    engines = options.engines.split(",")
    if options.name == "growth":
        size = options.cases or 1_000_000
        return asyncio.run(growth.bench(size, options.rounds, engines, options.folder))
    return asyncio.run(graphql.bench(options.cases or 10_000, options.rounds, engines))


if __name__ == "__main__":
    sys.exit(main())
