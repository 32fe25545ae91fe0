"""What the device tests share."""

import socket
import threading
import time
from contextlib import suppress
from types import SimpleNamespace

import pytest


@pytest.fixture
def rfc2217_server():
    """Starts a terminal server (RFC 2217) in front of firmware; gives its TCP port."""
    from serial.rfc2217 import PortManager

    stop = threading.Event()
    threads, sockets = [], []

    def serve(firmware):
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(10)
        sockets.append(listener)

        def run(client):
            client.settimeout(0.005)
            # what PortManager wants of a serial port; the firmware keeps its own speed
            port = SimpleNamespace(
                baudrate=115_200,
                bytesize=8,
                parity="N",
                stopbits=1,
                xonxoff=False,
                rtscts=False,
                dtr=True,
                rts=True,
                cts=True,
                dsr=True,
                ri=False,
                cd=True,
                break_condition=False,
                reset_input_buffer=lambda: None,
                reset_output_buffer=lambda: None,
            )
            manager = PortManager(port, SimpleNamespace(write=client.sendall))
            while not stop.is_set():
                with suppress(TimeoutError):
                    content = client.recv(1024)
                    if not content:
                        break
                    firmware.feed(b"".join(manager.filter(content)), time.monotonic())
                client.sendall(b"".join(manager.escape(firmware.output(time.monotonic()))))

        def serve_once():
            client, _ = listener.accept()
            with client, suppress(OSError):
                run(client)

        thread = threading.Thread(target=serve_once, daemon=True)
        thread.start()
        threads.append(thread)
        return listener.getsockname()[1]

    yield serve
    stop.set()
    for thread in threads:
        thread.join(5)
    for listener in sockets:
        listener.close()
