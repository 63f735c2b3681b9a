#!/usr/bin/env python3
"""How many whole-engine simulations one core plays in a second, by kind and over the default mix.

Usage: simulations.py PROGRAM [SEEDS [FROM]]

From 100,000,000 on a seed is what a commit's own seeds are: with mishaps, and with people who decide something.
Counted in processor time, on one thread: what else the machine does matters less than by the clock, and still slows it.
"""

import json
import os
import resource
import subprocess
import sys

# How many seeds, and the first one.
SEEDS = "4000"
FROM = "100000000"
# How many of a thousand seeds are of a kind.
MIX = {"memory": 500, "sqlite": 250, "wire": 250}


def processor_time():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def seconds_a_seed(program, seeds, start, kind):
    command = [program, "run", "--json", "--threads", "1", "--seeds", seeds, "--from", start, "--variant", kind]
    before = processor_time()
    told = json.loads(subprocess.run(command, capture_output=True, check=False).stdout)
    return (processor_time() - before) / told["seeds"]


def main():
    program = os.path.abspath(sys.argv[1])
    seeds = sys.argv[2] if len(sys.argv) > 2 else SEEDS
    start = sys.argv[3] if len(sys.argv) > 3 else FROM
    took = {kind: seconds_a_seed(program, seeds, start, kind) for kind in MIX}
    for kind, seconds in took.items():
        print(f"{kind:<8} {1 / seconds:6.1f} a second")
    mixed = sum(share / 1000 * took[kind] for kind, share in MIX.items())
    print(f"{'mix':<8} {1 / mixed:6.1f} a second")


if __name__ == "__main__":
    main()
