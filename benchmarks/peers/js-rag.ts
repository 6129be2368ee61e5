import { readFileSync } from "node:fs";

import { flatSearch } from "../src/workers/flat-search.ts";

/**
 * `js-rag.ts LIBRARY VARIANT MODEL VECTORS PASSAGES QUESTION`: rag.py in JavaScript, a whole process
 * that answers one question with a flat scan. The cold query of the two JavaScript libraries.
 */
const [library = "", variant = "", model = "", vectors = "", passages = "", question = ""] =
  process.argv.slice(2);
const { peer } =
  library === "xenova"
    ? await import("./xenova-transformers.ts")
    : await import("./huggingface-transformers.ts");
const bytes = readFileSync(vectors);
const rows = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
const embed = await peer.load(variant, model);
const query = await embed.embed([question]);
const ids = flatSearch(rows, query.length, query, 5);
const lines = readFileSync(passages, "utf8").split("\n");
const results = Array.from(ids, (id) => JSON.parse(lines[id] ?? "null") as unknown);
process.stdout.write(`${JSON.stringify({ query: question, results })}\n`);
process.exit(0);
