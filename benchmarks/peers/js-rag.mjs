/**
 * `js-rag.mjs PACKAGE OPTIONS MODEL VECTORS PASSAGES QUESTION`: rag.py in JavaScript, a whole process that
 * answers one question with a flat scan: the cold query of the two JavaScript libraries. Plain
 * JavaScript and one file, so that its start pays for nothing but the library.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const [library, options, model, vectors, passages, question] = process.argv.slice(2);
const peers = path.join(process.env.CLAWKEEP_BENCH_PEERS, "package.json");
const { env, pipeline } = createRequire(peers)(library);
env.allowRemoteModels = false;
env.localModelPath = path.dirname(model);
const extract = await pipeline("feature-extraction", path.basename(model), JSON.parse(options));
const { data: query } = await extract([question], { pooling: "mean", normalize: true });

const bytes = readFileSync(vectors);
const rows = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
const width = query.length;
const best = [];
for (let start = 0; start < rows.length; start += width) {
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let place = 0; place < width; place += 4) {
    a += rows[start + place] * query[place];
    b += rows[start + place + 1] * query[place + 1];
    c += rows[start + place + 2] * query[place + 2];
    d += rows[start + place + 3] * query[place + 3];
  }
  const score = a + b + c + d;
  if (best.length < 5 || score > best[4].score) {
    best.push({ score, row: start / width });
    best.sort((one, other) => other.score - one.score);
    best.length = Math.min(best.length, 5);
  }
}
const lines = readFileSync(passages, "utf8").split("\n");
const results = best.map(({ score, row }) => ({ score, ...JSON.parse(lines[row]) }));
process.stdout.write(`${JSON.stringify({ query: question, results })}\n`);
process.exit(0);
