import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import type { Contender } from "../samples/interleave.ts";
import { interleave } from "../samples/interleave.ts";
import { median, ratioByRound, summarise } from "../statistics/summary.ts";
import type { EmbedKind } from "./embed-kinds.ts";
import { embedKinds, loadOnce } from "./embed-kinds.ts";
import { count, spread } from "./figure.ts";
import { questions } from "./questions.ts";
import { askResident } from "./resident.ts";
import type { Bench, Row } from "./row.ts";
import { WorkersOf } from "./workers-of.ts";

const ours = "clawkeep, embed and search";
const whole = "clawkeep, local-rag query --resident";

/** A question to a process that has everything loaded. */
export const warmQuery: Row = {
  id: "warm-query",
  about: "a question to a process that is warm: embedding it and searching the corpus",
  async run(bench) {
    const corpus = await bench.corpus();
    const vectors = await bench.corpusVectors();
    const workers = new WorkersOf();
    try {
      const segment = await segmentOf(bench, workers, vectors);
      const asked = questions(bench.sizes.questions);
      const warm = (kind: EmbedKind) => async (): Promise<Record<string, number>> => {
        const worker = workers.get(kind.name, kind.start);
        await kind.load(worker);
        const { milliseconds } = await worker.request<{ readonly milliseconds: number[] }>("warm", {
          questions: asked,
          vectors,
          dimensions: 384,
          segment,
          k: 5,
        });
        return { milliseconds: median(milliseconds) };
      };
      const [alone, ...peers] = embedKinds(bench);
      if (alone === undefined) {
        throw new Error("unreachable");
      }
      const own = { ...alone, name: ours, load: loadOnce("resident", () => "") };
      const contenders: readonly Contender[] = [
        { name: ours, measure: warm(own) },
        {
          name: whole,
          measure: async () => {
            const run = await askResident(bench.localRag, await bench.ourIndex(1), asked);
            return { milliseconds: median(run.milliseconds) };
          },
        },
        ...peers.map((kind) => ({
          name: `${kind.name} + ${kind.name.startsWith("@") ? "scan in JavaScript" : "faiss"}`,
          measure: warm(kind),
        })),
      ];
      const rounds = await interleave(
        bench.store,
        "warm-query",
        contenders,
        bench.sizes.shortRounds,
      );
      const of = (name: string): readonly number[] =>
        (rounds.samples.get(name) ?? []).map((sample) => sample["milliseconds"] ?? 0);
      const peer = of("sentence-transformers fp32 + faiss");
      const both = peer.length > 0 && of(ours).length > 0;
      return {
        id: "warm-query",
        title: `A warm question to ${count(corpus.chunks)} chunks`,
        method:
          `Median of ${asked.length} questions a round. Embedding and the nearest 5 vectors; the resident process of ours also reads the request, ` +
          "searches keywords, fuses, cuts the passages with their citations and writes JSON through a pipe.",
        measured: [...rounds.samples.keys()].map((contender) => ({
          contender,
          cells: { milliseconds: spread(summarise(of(contender))) },
        })),
        comparisons: [
          {
            what: `warm query, embed + search ${count(corpus.chunks)}`,
            against: "sentence-transformers + faiss",
            ratio: both ? ratioByRound(peer, of(ours)) : undefined,
            must: 8,
            aim: 12,
          },
        ],
        charts: [
          {
            kind: "bars",
            name: "warm-query",
            title: `A warm question to ${count(corpus.chunks)} chunks`,
            unit: "milliseconds; shorter is better",
            bars: [...rounds.samples].map(([contender, samples]) => ({
              name: contender,
              ours: contender.startsWith("clawkeep"),
              value: median(samples.map((sample) => sample["milliseconds"] ?? 0)),
            })),
          },
        ],
        missing: rounds.missing,
        sessions: rounds.sessions,
        raw: [...rounds.samples],
      };
    } finally {
      await workers.close();
    }
  },
};

/** A segment of ours with the vectors of the whole corpus, as an index would make it. */
async function segmentOf(
  bench: Bench,
  workers: WorkersOf,
  vectors: { readonly path: string; readonly rows: number },
): Promise<string> {
  const file = path.join(bench.cache, "indexes", `corpus-${vectors.rows}-${bench.codeDigest}`);
  if (!existsSync(`${file}.done`)) {
    mkdirSync(path.dirname(file), { recursive: true });
    await workers
      .get("segment", () => bench.peers.node("clawkeep-vectors.ts"))
      .request("build", {
        variant: "auto",
        vectors,
        dimensions: 384,
        degree: 16,
        construction: 200,
        threads: 2,
        file,
      });
    writeFileSync(`${file}.done`, "");
  }
  return file;
}
