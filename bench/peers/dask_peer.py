"""The flat, chain, round trip and remote shape of cohort_bench on dask.distributed: scheduler and two workers."""

import time

import numpy
from distributed import Client, LocalCluster, wait

import measuring
from measuring import CHAIN_LENGTH, FLAT_COUNTS, ROUND_TRIPS, SHAPE_BYTES, SHAPES, WORKERS

LIMIT_SECONDS = 120


def work(x):
    return x + 1


def shape(array):
    return array.shape


def flat(client, count):
    start = time.perf_counter()
    futures = client.map(work, range(count), pure=False)
    results = client.gather(futures)
    seconds = time.perf_counter() - start
    assert results == list(range(1, count + 1))
    return seconds / count * 1e6


def round_trips(client):
    start = time.perf_counter()
    for i in range(ROUND_TRIPS):
        assert client.submit(work, i, pure=False).result(LIMIT_SECONDS) == i + 1
    return (time.perf_counter() - start) / ROUND_TRIPS * 1e6


def chain(client):
    start = time.perf_counter()
    last = client.submit(work, 0, pure=False)
    for _ in range(1, CHAIN_LENGTH):
        last = client.submit(work, last, pure=False)
    assert last.result(LIMIT_SECONDS) == CHAIN_LENGTH
    return (time.perf_counter() - start) / CHAIN_LENGTH * 1e6


def shapes(client, count_bytes):
    array = client.submit(numpy.ones, count_bytes // 8, pure=False)
    wait([array], timeout=LIMIT_SECONDS)
    start = time.perf_counter()
    for _ in range(SHAPES):
        assert client.submit(shape, array, pure=False).result(LIMIT_SECONDS) == (count_bytes // 8,)
    return (time.perf_counter() - start) / SHAPES * 1e6


def main():
    bench = measuring.Bench("dask.distributed", __doc__)
    # Without a dashboard, and without a limit at which it would write to disk.
    with LocalCluster(n_workers=WORKERS, threads_per_worker=1, processes=True, dashboard_address=None,
                      memory_limit=0) as cluster, Client(cluster) as client:
        if bench.wants("submit_flat"):
            for count in FLAT_COUNTS:
                bench.measure("submit_flat", count, "us/task", 5 if count <= 1_000 else 3, lambda: flat(client, count))
        if bench.wants("round_trip"):
            bench.measure("round_trip", 1, "us", 5, lambda: round_trips(client))
        if bench.wants("chain"):
            bench.measure("chain", CHAIN_LENGTH, "us/task", 3, lambda: chain(client))
        if bench.wants("remote_shape"):
            for count_bytes in SHAPE_BYTES:
                bench.measure("remote_shape", count_bytes, "us", 5, lambda: shapes(client, count_bytes))
    bench.report()


# What it starts imports this file, too.
if __name__ == "__main__":
    main()
