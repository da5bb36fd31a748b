"""The flat and the round trip of cohort_bench on mpi4py.futures: mpirun -n 3 python3 -m mpi4py.futures mpi4py_peer.py

It takes no futures as arguments, and what a task returns comes home: it has no chain and no remote shape.
"""

import time

from mpi4py.futures import MPIPoolExecutor

import measuring
from measuring import FLAT_COUNTS, ROUND_TRIPS


def work(x):
    return x + 1


def flat(pool, count):
    start = time.perf_counter()
    results = list(pool.map(work, range(count), chunksize=1))
    seconds = time.perf_counter() - start
    assert results == list(range(1, count + 1))
    return seconds / count * 1e6


def round_trips(pool):
    start = time.perf_counter()
    for i in range(ROUND_TRIPS):
        assert pool.submit(work, i).result() == i + 1
    return (time.perf_counter() - start) / ROUND_TRIPS * 1e6


def main():
    bench = measuring.Bench("mpi4py.futures", __doc__)
    with MPIPoolExecutor() as pool:
        pool.bootup()
        if bench.wants("submit_flat"):
            for count in FLAT_COUNTS:
                bench.measure("submit_flat", count, "us/task", 5, lambda: flat(pool, count))
        if bench.wants("round_trip"):
            bench.measure("round_trip", 1, "us", 5, lambda: round_trips(pool))
    bench.report()


if __name__ == "__main__":
    main()
