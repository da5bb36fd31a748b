"""compare.py FILE: Cohort's cost to that of each peer, from the JSON lines of one call of scripts/bench.

Prints Cohort's rows again, each with a peer as its reference, and appends them.
"""

import sys

import measuring

PEERS = ("dask.distributed", "mpi4py.futures")
# Where a peer chooses the worker it stays on one.
COHORT = ("cohort", "cohort, one worker")


def compared(rows):
    for theirs in rows:
        if theirs["system"] not in PEERS:
            continue
        for ours in rows:
            if ours["system"] in COHORT and ours["reference"] not in PEERS and all(
                    ours[key] == theirs[key] for key in ("case", "size", "unit")):
                ratio = measuring.rounded(ours["median"] / theirs["median"])
                yield {**ours, "reference": theirs["system"], "ratio": ratio}


def main(path):
    rows = sorted(compared(measuring.read(path)), key=lambda row: row["case"])
    measuring.print_table(rows)
    measuring.append(path, rows)


main(*sys.argv[1:])
