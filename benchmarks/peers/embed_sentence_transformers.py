"""sentence-transformers with a flat faiss index, as in rag.py, resident and with its two settings open.

`variant` is the type of the weights: https://sbert.net/docs/sentence_transformer/usage/efficiency.html
`batch` is encode's batch_size; encode sorts by length itself:
https://sbert.net/docs/package_reference/sentence_transformer/SentenceTransformer.html
"""

import json
import os
import tempfile
import time

import numpy

from rag import load_model


def commands(clock):
    import faiss
    import torch

    state = {}

    def encode(texts, batch):
        return state["model"].encode(
            texts,
            batch_size=batch,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        ).astype(numpy.float32)

    def load(args):
        with clock() as timed:
            state["model"] = load_model()
            if args["variant"] == "bf16":
                state["model"] = state["model"].to(torch.bfloat16)
            encode(["a first text, because the first call is slower"], 1)
        return {"seconds": timed.seconds}

    def embed(args):
        with open(args["chunks"], encoding="utf-8") as lines:
            texts = [json.loads(line)["input"] for line, _ in zip(lines, range(args["count"]))]
        assert len(texts) == args["count"]
        with clock() as timed, tempfile.TemporaryDirectory() as folder:
            vectors = encode(texts, args["batch"])
            flat = faiss.IndexFlatIP(vectors.shape[1])
            flat.add(vectors)
            faiss.write_index(flat, os.path.join(folder, "vectors.faiss"))
        if "out" in args:
            # bf16 rows are unit vectors only to three digits: measured as they are, kept normalised.
            vectors /= numpy.linalg.norm(vectors, axis=1, keepdims=True)
            vectors.astype("<f4").tofile(args["out"])
        rate = len(texts) / timed.seconds
        return {"rate": rate, "seconds": timed.seconds, "cpuSeconds": timed.cpu_seconds}

    def warm(args):
        dimensions = args["dimensions"]
        vectors = numpy.fromfile(args["vectors"]["path"], dtype="<f4").reshape(-1, dimensions)
        flat = faiss.IndexFlatIP(dimensions)
        flat.add(vectors[: args["vectors"]["rows"]])
        milliseconds = []
        for question in args["questions"][:1] + args["questions"]:
            started = time.perf_counter()
            flat.search(encode([question], 1), args["k"])
            milliseconds.append((time.perf_counter() - started) * 1000)
        return {"milliseconds": milliseconds[1:]}

    def passages(args):
        """What a resident rag.py holds: model, index and all passages; then questions, untimed."""
        state["passages"] = []
        for path in args["passages"]:
            with open(path, encoding="utf-8") as lines:
                state["passages"] += [json.loads(line) for line in lines]
        state["flat"] = faiss.read_index(args["index"])
        for question in args["questions"]:
            _, ids = state["flat"].search(encode([question], 1), args["k"])
            [state["passages"][row % len(state["passages"])]["text"] for row in ids[0]]
        return {"passages": len(state["passages"]), "rows": state["flat"].ntotal}

    def flat_index(args):
        """Writes rag.py's index from vectors that are known, so that nothing is embedded for it."""
        vectors = numpy.fromfile(args["vectors"]["path"], dtype="<f4").reshape(-1, args["dimensions"])
        vectors = vectors[: args["vectors"]["rows"]]
        flat = faiss.IndexFlatIP(args["dimensions"])
        for _ in range(args["copies"]):
            flat.add(vectors)
        os.makedirs(args["folder"], exist_ok=True)
        faiss.write_index(flat, os.path.join(args["folder"], "vectors.faiss"))
        return {"rows": flat.ntotal}

    return {
        "load": load,
        "embed": embed,
        "warm": warm,
        "passages": passages,
        "flatIndex": flat_index,
    }
