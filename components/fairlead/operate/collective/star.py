"""All ranks meet at rank 0 over TCP: to hand out one value, to collect one from each, to go on together."""

from __future__ import annotations

import json
import socket
import time
from typing import Any, TextIO

PATIENCE = 300
"""Seconds within which every rank must have come: images are pulled at different speeds."""


class Star:
    """One rank's place. Rank 0 has a line to each other rank, every other rank one to rank 0."""

    def __init__(self, rank: int, world: int, host: str, port: int) -> None:
        self.rank, self.world = rank, world
        self._lines: list[TextIO] = self._listen(port) if rank == 0 else [self._connect(host, port)]

    def all_gather(self, mine: Any) -> list[Any]:
        """One JSON value of each rank, in their order, for every rank. Ends together."""
        if self.rank:
            self._send(self._lines[0], mine)
            return self._receive(self._lines[0])
        values = [mine, *(self._receive(line) for line in self._lines)]
        for line in self._lines:
            self._send(line, values)
        return values

    def barrier(self) -> None:
        """Ends when every rank has come."""
        self.all_gather(None)

    def _listen(self, port: int) -> list[TextIO]:
        server = socket.create_server(("", port), backlog=self.world)
        server.settimeout(PATIENCE)
        found: dict[int, TextIO] = {}
        while len(found) < self.world - 1:
            line = self._line(server.accept()[0])
            found[self._receive(line)] = line
        return [found[rank] for rank in sorted(found)]

    def _connect(self, host: str, port: int) -> TextIO:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                line = self._line(socket.create_connection((host, port), timeout=10))
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)
            else:
                self._send(line, self.rank)
                return line

    @staticmethod
    def _line(connection: socket.socket) -> TextIO:
        connection.settimeout(PATIENCE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection.makefile("rw")

    @staticmethod
    def _send(line: TextIO, value: Any) -> None:
        line.write(json.dumps(value) + "\n")
        line.flush()

    @staticmethod
    def _receive(line: TextIO) -> Any:
        text = line.readline()
        if not text:
            raise SystemExit("another rank has gone: its own log says why")
        return json.loads(text)
