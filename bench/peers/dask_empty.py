"""Empty tasks per second of dask.distributed: one scheduler, two worker processes of eight threads.

What bench/cluster.ts' part "jobs" does with nearclone: here no result is stored anywhere.
Needs: pip install "dask[distributed]".
"""
import json
import time

from dask.distributed import Client, LocalCluster, wait

TASKS = 20_000


def empty(number):
    return number


if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=8, dashboard_address=None) as cluster, Client(cluster) as client:
        wait(client.map(empty, range(100), pure=False))
        start = time.perf_counter()
        wait(client.map(empty, range(TASKS), pure=False))
        seconds = time.perf_counter() - start
    print(json.dumps({"tasks": TASKS, "seconds": seconds, "tasks_per_second": TASKS / seconds}))
