"""What a worker of a cluster keeps between items."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

from flashagent.compose.dask_engine import _benches


def test_the_first_items_of_a_worker_find_one_bench_though_they_come_at_once() -> None:
    threads = 8
    worker, together = SimpleNamespace(), threading.Barrier(threads)

    def first(_: int) -> object:
        together.wait()
        return _benches(worker)

    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(first, range(threads)))
    found[0].close()  # type: ignore[attr-defined]
    assert len(set(map(id, found))) == 1
    assert len(worker.flashagent_heard) == 1  # it would take its own words for another worker's
