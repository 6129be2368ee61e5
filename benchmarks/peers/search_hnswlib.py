"""hnswlib for Python, compiled for this processor: https://github.com/nmslib/hnswlib#api-description"""

import hnswlib
import numpy

from search_batch import batch_commands


def build(vectors, args, clock):
    index = hnswlib.Index(space="ip", dim=args["dimensions"])
    index.init_index(
        max_elements=len(vectors), M=args["degree"], ef_construction=args["construction"]
    )
    with clock() as timed:
        index.add_items(vectors, num_threads=args["threads"])
    index.save_index(args["file"])
    return timed


def open_index(args):
    index = hnswlib.Index(space="ip", dim=args["dimensions"])
    index.load_index(args["file"])
    index.set_ef(args["ef"])
    return index


def search(index, queries, k, threads):
    ids, _ = index.knn_query(queries, k=k, num_threads=threads)
    return numpy.asarray(ids)


def commands(clock):
    return batch_commands(clock, build, open_index, search)
