"""Posts one body over many connections, as often as they are answered; run by crowd.Flood."""

import json
import signal
import socket
import ssl
import sys
import threading


def _post_often(address, context, request, source, counts, ends):
    host, _, port = address.rpartition(":")
    while not ends.is_set():
        try:
            with socket.create_connection((host, int(port)), 30, source) as plain:
                with context.wrap_socket(plain, server_hostname="localhost") as peer:
                    while not ends.is_set():
                        peer.sendall(request)
                        status, closes = _take_answer(peer)
                        counts[status] = counts.get(status, 0) + 1
                        if closes:
                            break
        except (OSError, ValueError):
            counts["error"] = counts.get("error", 0) + 1
            ends.wait(0.05)


def _take_answer(peer):
    data = b""
    while b"\r\n\r\n" not in data:
        more = peer.recv(65536)
        if not more:
            raise ConnectionError("ended")
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    length = int(next(line for line in lines if line.startswith("content-length:"))[15:])
    n_read = len(body)
    while n_read < length:
        more = peer.recv(65536)
        if not more:
            raise ConnectionError("ended")
        n_read += len(more)
    return lines[0].split(" ")[1], "connection: close" in lines


def _flood(address, ca, body, n_connections, source):
    """Posts until SIGTERM, and prints what it got."""
    with open(body, "rb") as file:
        data = file.read()
    head = (f"POST /mutate?timeout=5s HTTP/1.1\r\nHost: flood\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(data)}\r\n\r\n")
    context = ssl.create_default_context(cafile=ca)
    context.check_hostname = False
    ends = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ends.set())
    counts = [{} for _ in range(int(n_connections))]
    threads = [
        threading.Thread(
            target=_post_often, daemon=True,
            args=(address, context, head.encode() + data, (source, 0), each,
                  ends))
        for each in counts
    ]
    for thread in threads:
        thread.start()
    ends.wait()
    for thread in threads:
        thread.join(2)
    total = {}
    for each in counts:
        for status, n in list(each.items()):
            total[status] = total.get(status, 0) + n
    print(json.dumps(total), flush=True)


if __name__ == "__main__":
    _flood(*sys.argv[1:])
