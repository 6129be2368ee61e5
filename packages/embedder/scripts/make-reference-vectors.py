"""Writes the vectors of fixtures/reference-vectors-v1.jsonl again, for the texts that stand in it.

    python make-reference-vectors.py MODEL_FOLDER     (needs: pip install sentence-transformers==6.2.0)

MODEL_FOLDER holds all-MiniLM-L6-v2 as published. Each line has a text and the vector that
sentence-transformers gives it in float32, alone in its batch, as base64 of little-endian numbers.
"""

import base64
import json
import sys
from pathlib import Path

from sentence_transformers import SentenceTransformer

path = Path(__file__).resolve().parent.parent / "fixtures/reference-vectors-v1.jsonl"
model = SentenceTransformer(sys.argv[1], device="cpu")
model.max_seq_length = 256
texts = [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines()]
with open(path, "w", encoding="utf-8") as file:
    for text in texts:
        vector = model.encode([text], batch_size=1)[0].astype("<f4").tobytes()
        line = {"text": text, "vector": base64.b64encode(vector).decode()}
        file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
