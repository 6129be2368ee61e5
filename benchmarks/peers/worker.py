"""`worker.py PEER`: one Python peer in a process of its own.

The same lines as the workers for Node: requests `{"id", "command", "args"}` on standard input, replies
`{"id", "result"}` or `{"id", "error"}` on descriptor 3.
"""

import importlib
import json
import os
import resource
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))


class Clock:
    """Wall and processor seconds (all threads) of a `with` block."""

    def __enter__(self):
        self.started, self.cpu = time.perf_counter(), processor_seconds()
        return self

    def __exit__(self, *_):
        self.seconds = time.perf_counter() - self.started
        self.cpu_seconds = processor_seconds() - self.cpu


def processor_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main():
    commands = importlib.import_module(sys.argv[1]).commands(Clock)
    with os.fdopen(3, "w") as replies:
        for line in sys.stdin:
            request = json.loads(line)
            try:
                result = commands[request["command"]](request["args"])
                reply = {"id": request["id"], "result": result}
            except Exception:
                reply = {"id": request["id"], "error": traceback.format_exc()}
            replies.write(json.dumps(reply) + "\n")
            replies.flush()


if __name__ == "__main__":
    main()
