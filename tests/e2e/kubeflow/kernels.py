"""A kernel's channels as JupyterLab uses them: JSON messages over a WebSocket (RFC 6455)."""

from __future__ import annotations

import base64
import json
import os
import ssl
import struct
import time
import uuid
from typing import Any

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class Channels:
    """An open connection to one kernel."""

    def __init__(self, link: ssl.SSLSocket, host: str, kernel: str, token: str) -> None:
        self.link = link
        key = base64.b64encode(os.urandom(16)).decode()
        head = [
            f"GET /api/kernels/{kernel}/channels HTTP/1.1",
            f"Host: {host}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
            f"Authorization: token {token}",
        ]
        link.sendall("\r\n".join([*head, "", ""]).encode())
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += self._read(1)
        self.status = int(answer.split()[1])

    def run(self, code: str, limit: float = 120) -> str:
        """What a cell prints. Fails with the kernel's error if it raises one."""
        content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False}
        header = {
            "msg_id": uuid.uuid4().hex,
            "msg_type": "execute_request",
            "session": "test",
            "username": "test",
        }
        header |= {"version": "5.3", "date": ""}
        self._send(
            {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        )
        printed, end = "", time.monotonic() + limit
        while time.monotonic() < end:
            message = self._receive()
            if message.get("parent_header", {}).get("msg_id") != header["msg_id"]:
                continue
            if message["msg_type"] == "stream":
                printed += message["content"]["text"]
            assert message["msg_type"] != "error", message["content"]
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return printed
        raise AssertionError(f"the cell has not ended within {limit:.0f} s: {printed}")

    def _send(self, message: dict[str, Any]) -> None:
        self._frame(TEXT, json.dumps(message).encode())

    def _frame(self, kind: int, body: bytes) -> None:
        mask = os.urandom(4)
        size = struct.pack("!BH", 0x80 | 126, len(body))
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(body))
        self.link.sendall(bytes([0x80 | kind]) + size + mask + masked)

    def _receive(self) -> dict[str, Any]:
        whole = b""
        while True:
            first, second = self._read(2)
            size = second & 0x7F
            if size >= 126:
                [size] = struct.unpack("!H" if size == 126 else "!Q", self._read(2 if size == 126 else 8))
            body = self._read(size)
            if first & 0x0F == PING:
                self._frame(PONG, body)
                continue
            assert first & 0x0F != CLOSE, body
            whole += body
            if first & 0x80:
                return json.loads(whole)

    def _read(self, count: int) -> bytes:
        found = b""
        while len(found) < count:
            part = self.link.recv(count - len(found))
            assert part, "the connection was cut off"
            found += part
        return found
