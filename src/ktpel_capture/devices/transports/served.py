"""Firmware in real time behind a pseudo-terminal or a TCP port: what an unmodified program can open."""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from typing import Self

from ktpel_capture.devices.transports import Firmware

_PAUSE = 0.002


class _Server:
    """A thread that carries bytes between a file descriptor and firmware."""

    def __init__(self, firmware: Firmware, name: str) -> None:
        self._firmware = firmware
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Pull the plug: what is open on the other side sees it go."""
        self._stop.set()
        self._thread.join(2.0)
        self._close()

    def _run(self) -> None:
        while not self._stop.is_set():
            now = time.monotonic()
            try:
                arrived = self._receive()
                if arrived:
                    self._firmware.feed(arrived, now)
                leaving = self._firmware.output(time.monotonic())
                if leaving:
                    self._send(leaving)
            except OSError:
                if self._stop.wait(0.02):
                    return

    def _receive(self) -> bytes:
        raise NotImplementedError

    def _send(self, content: bytes) -> None:
        raise NotImplementedError

    def _close(self) -> None:
        raise NotImplementedError


class PtyServer(_Server):
    """Firmware behind a pseudo-terminal; ``path`` is what to open (not on Windows)."""

    def __init__(self, firmware: Firmware) -> None:
        import tty

        super().__init__(firmware, "firmware on a pty")
        self._master, self._slave = os.openpty()
        tty.setraw(self._master)
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        self._open = True

    def _receive(self) -> bytes:
        ready, _, _ = select.select([self._master], [], [], _PAUSE)
        return os.read(self._master, 4096) if ready else b""

    def _send(self, content: bytes) -> None:
        while content and not self._stop.is_set():
            _, ready, _ = select.select([], [self._master], [], 0.05)
            if ready:
                content = content[os.write(self._master, content) :]

    def _close(self) -> None:
        if self._open:
            self._open = False
            os.close(self._master)
            os.close(self._slave)


class TcpServer(_Server):
    """Firmware behind a TCP port of this machine, one client at a time; ``port`` is what to connect to."""

    def __init__(self, firmware: Firmware) -> None:
        super().__init__(firmware, "firmware on a TCP port")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self._client: socket.socket | None = None
        self.port = int(self._listener.getsockname()[1])

    def _receive(self) -> bytes:
        if self._client is None:
            ready, _, _ = select.select([self._listener], [], [], _PAUSE)
            if not ready:
                return b""
            self._client, _ = self._listener.accept()
            self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ready, _, _ = select.select([self._client], [], [], _PAUSE)
        if not ready:
            return b""
        content = self._client.recv(4096)
        if not content:
            self._client.close()
            self._client = None
        return content

    def _send(self, content: bytes) -> None:
        if self._client is not None:
            self._client.sendall(content)

    def _close(self) -> None:
        if self._client is not None:
            self._client.close()
        self._listener.close()
