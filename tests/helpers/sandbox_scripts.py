"""Programs that misbehave, to be run in the sandbox only."""

# Starts a daemon by double fork that ignores every signal it can, and says so when it is up.
STUBBORN = """
import os, signal, sys, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
read_end, write_end = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.write(write_end, b"1")
        while True:
            time.sleep(1)
    os._exit(0)
os.read(read_end, 1)
print("ready", flush=True)
if sys.argv[1] == "wait":
    while True:
        time.sleep(1)
"""
