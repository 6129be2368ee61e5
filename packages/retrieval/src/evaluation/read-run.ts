import { readFileSync } from "node:fs";

import { CodedError } from "@clawkeep/diagnostics";
import { z } from "zod";

import type { EvaluationRun } from "./evaluate.ts";

const figures = z.object({
  "ndcg@10": z.number(),
  "mrr@10": z.number(),
  "recall@10": z.number(),
  "recall@100": z.number(),
});

const run = z.object({
  version: z.literal(1),
  collection: z.string(),
  snapshotRoot: z.templateLiteral(["sha256:", z.string()]),
  vectors: z.string().exactOptional(),
  questions: z.number(),
  figures,
  beside: z.record(z.string(), figures),
  latencyMs: z.object({ p50: z.number(), p95: z.number(), worst: z.number() }),
  results: z
    .array(z.object({ id: z.string(), text: z.string(), figures, tookMs: z.number() }))
    .min(1),
});

/**
 * Reads what `local-rag eval --json` printed.
 *
 * @throws CodedError `EVAL_RUN`.
 */
export function readRun(file: string): EvaluationRun {
  try {
    return run.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    throw new CodedError({
      code: "EVAL_RUN",
      message: `expected a run that local-rag eval --json printed (version 1) in ${file}`,
      hint: "keep one with: local-rag eval FOLDER --json > run.json",
      cause,
    });
  }
}
