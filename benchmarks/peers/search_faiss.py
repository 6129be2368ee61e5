"""faiss for Python. `variant`: `flat` HNSW over f32, `sq8` over 8-bit scalars.

Settings: https://github.com/facebookresearch/faiss/wiki/Faiss-indexes#indexhnsw-variants
"""

import faiss

from search_batch import batch_commands


def build(vectors, args, clock):
    faiss.omp_set_num_threads(args["threads"])
    dimensions, degree = args["dimensions"], args["degree"]
    if args["variant"] == "sq8":
        kind = faiss.ScalarQuantizer.QT_8bit
        index = faiss.IndexHNSWSQ(dimensions, kind, degree, faiss.METRIC_INNER_PRODUCT)
    else:
        index = faiss.IndexHNSWFlat(dimensions, degree, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = args["construction"]
    with clock() as timed:
        index.train(vectors)
        index.add(vectors)
    faiss.write_index(index, args["file"])
    return timed


def open_index(args):
    index = faiss.read_index(args["file"])
    index.hnsw.efSearch = args["ef"]
    return index


def search(index, queries, k, threads):
    faiss.omp_set_num_threads(threads)
    _, ids = index.search(queries, k)
    return ids


def commands(clock):
    return batch_commands(clock, build, open_index, search)
