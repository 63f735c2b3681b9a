#!/usr/bin/env python3
"""How long it takes from the start of the program to its first byte: help, and what a shell is offered.

Usage: first_output.py PROGRAM

Makes a state of 100,000 links of about 1 kB each in a temporary folder, through the program's own schema.
"""

import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

LINKS = 100_000
ROUNDS = 100
ASKING = {"TRUEUP_COMPLETE": "fish"}


def fill(program, folder):
    environment = {**os.environ, "HUBSPOT_TOKEN": "unused"}
    for command in (["init"], ["history"]):
        subprocess.run([program, *command], cwd=folder, env=environment, check=True, capture_output=True)
    with sqlite3.connect(os.path.join(folder, ".trueup", "trueup.db")) as state:
        state.execute("INSERT OR IGNORE INTO pipeline (name, journal_head) VALUES ('leads', '')")
        (pipeline,) = state.execute("SELECT id FROM pipeline WHERE name = 'leads'").fetchone()
        state.executemany(
            "INSERT INTO link (pipeline, system, entity, remote, how, state, gone, aliases)"
            " VALUES (?, 'portal', ?, ?, 'token', '\"active\"', 0, '[]')",
            ((pipeline, f"R{number:06}", str(number)) for number in range(1, LINKS + 1)),
        )
        state.execute("INSERT INTO base (link, fields) SELECT id, hex(zeroblob(450)) FROM link")
    state.close()


def first_byte(command, folder, environment):
    begin = time.perf_counter()
    child = subprocess.Popen(
        command, cwd=folder, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    if not os.read(child.stdout.fileno(), 1):
        sys.exit(f"{command} says nothing")
    took = time.perf_counter() - begin
    child.stdout.read()
    child.wait()
    return took * 1_000


def main():
    program = os.path.abspath(sys.argv[1])
    cases = [
        ("--help", ["--help"], {}),
        ("plan --help", ["plan", "--help"], {}),
        ("why R0<Tab>", ["--", "trueup", "why", "R0"], ASKING),
        ("why R0999<Tab>", ["--", "trueup", "why", "R0999"], ASKING),
    ]
    with tempfile.TemporaryDirectory() as folder:
        fill(program, folder)
        for name, words, environment in cases:
            times = [first_byte([program, *words], folder, environment) for _ in range(ROUNDS)]
            median, slowest = statistics.median(times), max(times)
            print(f"{name:<16} median {median:5.1f} ms   slowest of {ROUNDS} {slowest:5.1f} ms")


if __name__ == "__main__":
    main()
