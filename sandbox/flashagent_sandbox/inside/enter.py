"""The first program inside the sandbox, when a command needs its own terminal or the way to the network gate.

Run as `python -I -S -c SOURCE STDOUT STDERR TERMINAL GATE -- COMMAND`: descriptors to put in place (-1: as it is),
whether standard input becomes the controlling terminal, and the socket of the gate ('' for none). It stands alone, since
the package may be hidden here, and any Python 3 can run it. The command gets this very process, so its status and its
signals are its own.
"""

import contextlib
import fcntl
import os
import signal
import socket
import sys
import termios
import threading

_PROXY = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_MOST = 100
_CHUNK = 1 << 16


def main() -> None:
    stdout, stderr, terminal, gate = sys.argv[1:5]
    pipes = {1: int(stdout), 2: int(stderr)}
    for place, number in pipes.items():
        if number >= 0:
            os.dup2(number, place)
    for number in set(pipes.values()):
        if number > 2:
            os.close(number)
    if terminal == "1":
        own_terminal()
    if gate:
        _open_way(gate)
    for number in (signal.SIGPIPE, signal.SIGHUP, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    command = sys.argv[6:]
    try:
        os.execvp(command[0], command)
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        words = "command not found" if missing else error.strerror
        os.write(2, f"flashagent: {command[0]}: {words}\n".encode("utf-8", "replace"))
        os._exit(127 if missing else 126)


def own_terminal() -> None:
    if os.getsid(0) != os.getpid():
        os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _open_way(gate: str) -> None:
    """Listen on this sandbox's own loopback, name it in the environment, and leave a daemon that passes on."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen(_MOST)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    for name in _PROXY:
        os.environ[name] = os.environ[name.lower()] = url
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "localhost,127.0.0.1,::1"
    child = os.fork()
    if child == 0:
        if os.fork() == 0:
            _pass_on(listener, gate)
        os._exit(0)
    os.waitpid(child, 0)
    listener.close()


def _pass_on(listener: socket.socket, gate: str) -> None:
    """Never returns: ends with the sandbox. Holds nothing of the command's."""
    os.setsid()
    null = os.open("/dev/null", os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    kept = listener.fileno()
    os.closerange(3, kept)
    os.closerange(kept + 1, 1024)
    free = threading.Semaphore(_MOST)
    while True:
        free.acquire()
        client = listener.accept()[0]
        threading.Thread(target=_serve, args=(client, gate, free), daemon=True).start()


def _serve(client: socket.socket, gate: str, free: threading.Semaphore) -> None:
    try:
        with client, socket.socket(socket.AF_UNIX) as outside:
            outside.connect(gate)
            back = threading.Thread(target=_copy, args=(outside, client), daemon=True)
            back.start()
            _copy(client, outside)
            back.join()
    except OSError:
        pass  # the gate is closed: the client sees an end
    finally:
        free.release()


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while True:
            data = source.recv(_CHUNK)
            if not data:
                break
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        # One side has gone, so the other direction must not wait for it.
        for side in (source, target):
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)


if __name__ == "__main__":
    main()
