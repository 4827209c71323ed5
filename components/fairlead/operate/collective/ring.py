"""The stand-in: a ring all-reduce over TCP, on processors. It shows that a check works, and says nothing of a
fast network."""

from __future__ import annotations

import socket
import threading
from array import array
from operator import add

from .star import Star

PORT = 29600
"""First port of the ring; each rank listens on its own."""


class Ring:
    """One rank of a ring: it receives from the one before it and sends to the one behind it."""

    type_name, place = "float", "CPU"

    def __init__(self, star: Star, host: str, most: int) -> None:
        self.rank, self._world = star.rank, star.world
        server = socket.create_server(("", PORT + star.rank))
        hosts = star.all_gather(host)
        behind = (star.rank + 1) % star.world
        # Everybody listens by now: the connection waits in the other's queue until it is accepted.
        self._to = socket.create_connection((hosts[behind], PORT + behind), timeout=60)
        self._from = server.accept()[0]
        for line in (self._to, self._from):
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._source = array("f", [1.0]) * (most // 4)
        self._target = array("f", [1.0]) * (most // 4)

    def version(self) -> str:
        """What computes."""
        return "a stand-in on CPUs: no accelerator and no fast network is measured"

    def reduce(self, size: int, in_place: bool) -> None:
        """One all-reduce of so many bytes: each part goes round once to be added up, once to be handed out."""
        count, world = size // 4, self._world
        if not in_place:
            self._target[:count] = self._source[:count]
        edges = [count * place // world for place in range(world + 1)]
        for step in range(world - 1):
            got = self._swap(edges, (self.rank - step) % world)
            place = (self.rank - step - 1) % world
            part = slice(edges[place], edges[place + 1])
            self._target[part] = array("f", map(add, self._target[part], got))
        for step in range(world - 1):
            got = self._swap(edges, (self.rank + 1 - step) % world)
            place = (self.rank - step) % world
            self._target[edges[place] : edges[place + 1]] = got

    def wait(self) -> None:
        """Everything that was started is done."""

    def wrong(self, size: int, in_place: bool) -> int:
        """How many numbers of one all-reduce of ones are not the number of ranks."""
        count = size // 4
        self._target[:count] = array("f", [1.0]) * count
        self.reduce(size, in_place)
        return sum(one != self._world for one in self._target[:count])

    def _swap(self, edges: list[int], out: int) -> array[float]:
        """Sends one part and receives the one before it at the same time."""
        sent = self._target[edges[out] : edges[out + 1]].tobytes()
        sender = threading.Thread(target=self._to.sendall, args=(sent,))
        sender.start()
        place = (out - 1) % self._world
        got = self._receive(4 * (edges[place + 1] - edges[place]))
        sender.join()
        return array("f", got)

    def _receive(self, size: int) -> bytes:
        got = bytearray(size)
        view = memoryview(got)
        while view:
            number = self._from.recv_into(view)
            if not number:
                raise SystemExit("the rank before this one has gone: its own log says why")
            view = view[number:]
        return bytes(got)
