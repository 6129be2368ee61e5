"""Commands over an index that takes all queries in one call: apart from the rows of one query a call."""

import os

import numpy


def read_vectors(place, dimensions):
    rows = numpy.fromfile(place["path"], dtype="<f4").reshape(-1, dimensions)[: place["rows"]]
    assert numpy.allclose(numpy.linalg.norm(rows, axis=1), 1, atol=1e-3), "expected unit vectors"
    return numpy.ascontiguousarray(rows)


def batch_commands(clock, build_index, open_index, search_index):
    current = {}

    def build(args):
        os.makedirs(os.path.dirname(args["file"]), exist_ok=True)
        timed = build_index(read_vectors(args["vectors"], args["dimensions"]), args, clock)
        size = os.path.getsize(args["file"])
        return {"seconds": timed.seconds, "cpuSeconds": timed.cpu_seconds, "bytes": size}

    def search(args):
        wanted = args["index"]
        if current.get("wanted") != wanted:
            current.update(wanted=wanted, index=open_index(wanted))
        queries = read_vectors(args["queries"], wanted["dimensions"])
        threads = args.get("batchThreads", 1)
        ids = search_index(current["index"], queries, args["k"], threads)
        ids.astype("<i4").tofile(args["out"])
        asked, timed = 0, clock()
        timed.__enter__()
        while True:
            search_index(current["index"], queries, args["k"], threads)
            asked += len(queries)
            timed.__exit__()
            if timed.seconds >= args["minSeconds"]:
                break
        rate = asked / timed.seconds
        return {
            "rate": rate,
            "asked": asked,
            "seconds": timed.seconds,
            "cpuSeconds": timed.cpu_seconds,
        }

    return {"build": build, "search": search}
