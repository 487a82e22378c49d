"""A Ray that is none: the driver's side of `sightlab.nets.cluster` without processes or a network.

It answers last shard first. A real cluster is in tests/faults/test_cluster.py.
"""

import json
from types import SimpleNamespace


class FakeRay:
    """As much of Ray as the driver and workers use: the work is done when its answer is asked for.

    Args:
        cpus: of each machine.
        lost_after: answers, then the cluster is gone; None: it stays.
        machine: works instead of the function that was asked for.
        start: what `init` raises; None: a connection is there already.
    """

    class RayError(Exception): ...

    class RayTaskError(RayError): ...

    def __init__(self, cpus=(1,), lost_after=None, machine=None, start=None):
        self.exceptions, self.data, self.start = self, self, start
        self.cpus, self.lost_after, self.machine = cpus, lost_after, machine
        self.done, self.asked, self.waves = [], {}, []

    def is_initialized(self):
        return self.start is None

    def init(self, address, **settings):
        self.asked = {"address": address, **settings}
        if isinstance(self.start, Exception):
            raise self.start

    def shutdown(self):
        self.done.append("shutdown")

    def nodes(self):
        return [{"Alive": True, "Resources": {"CPU": n}} for n in self.cpus] + [{"Alive": False}]

    def put(self, parts):
        return SimpleNamespace(held=parts)

    def get(self, reference):
        return reference.held

    def from_items(self, rows, override_num_blocks):
        assert override_num_blocks == len(rows)
        self.waves.append(len(rows))
        return SimpleNamespace(
            context=SimpleNamespace(enable_progress_bars=True), map=lambda *a, **kw: self._map(rows, *a, **kw)
        )

    def _map(self, rows, work, fn_kwargs, **asked):
        self.asked = asked

        def answers():
            for row in rows[::-1]:
                if len(self.done) == self.lost_after:
                    raise self.RayError("the head node is gone\nand more lines")
                json.dumps(row, default=bytes.hex)  # plain values only
                self.done.append(row["number"])
                yield (self.machine or work)(row, **fn_kwargs)

        return SimpleNamespace(iter_rows=answers)
