"""What the peers' scripts share: the arguments, the table and the JSON lines of cohort_bench, and how it measures."""

import argparse
import json
import statistics

WORKERS = 2
RANKS = 1 + WORKERS

FLAT_COUNTS = (1_000, 10_000)
ROUND_TRIPS = 200
CHAIN_LENGTH = 1_000
KIB = 1 << 10
MIB = 1 << 20
SHAPE_BYTES = (KIB, MIB, 128 * MIB)
SHAPES = 50


class Bench:
    """Measures one peer, in the cases asked for."""

    def __init__(self, system, description):
        parser = argparse.ArgumentParser(description=description)
        parser.add_argument("--json", metavar="FILE", help="to append one line for each measurement to")
        parser.add_argument("cases", metavar="CASE", nargs="*", help="all without any")
        self._arguments = parser.parse_args()
        self._system = system
        self._rows = []

    def wants(self, case):
        return not self._arguments.cases or case in self._arguments.cases

    def measure(self, case, size, unit, repetitions, once):
        """`once` returns a cost; its first one does not count."""
        once()
        values = [once() for _ in range(repetitions)]
        self._rows.append({
            "case": case, "system": self._system, "ranks": RANKS, "threads": 1, "size": size,
            "repetitions": repetitions, "median": rounded(statistics.median_high(values)),
            "min": rounded(min(values)), "max": rounded(max(values)), "unit": unit, "reference": None, "ratio": None,
        })

    def report(self):
        print_table(self._rows)
        if self._arguments.json:
            append(self._arguments.json, self._rows)


def rounded(value):
    return float(f"{value:.6g}")


def read(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def append(path, rows):
    with open(path, "a", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def print_table(rows):
    heading = None
    for row in rows:
        if heading != row["case"]:
            if heading is not None:
                print()
            heading = row["case"]
            print(f"{heading}, ranks: {row['ranks']}, threads: {row['threads']}")
            print("%12s  %-25s %4s %10s %10s %10s  %-10s %s" %
                  ("size", "system", "runs", "median", "min", "max", "unit", "ratio"))
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.3g} to {row['reference']}"
        print("%12d  %-25s %4d %10.4g %10.4g %10.4g  %-10s %s" % (
            row["size"], row["system"], row["repetitions"], row["median"], row["min"], row["max"], row["unit"], ratio))
