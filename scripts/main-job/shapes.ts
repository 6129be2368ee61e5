import { z } from "zod";

const citation = z.object({
  path: z.string(),
  headings: z.array(z.string()),
  lineStart: z.number(),
  lineEnd: z.number(),
  chunkDigest: z.string(),
});

/** What `local-rag index --json` prints, as far as the main job shows it. */
export const indexShape: z.ZodType<IndexedFolder> = z.object({
  documents: z.number(),
  chunks: z.number(),
  embedded: z.number(),
});

/** What an index holds, and what of it was new. */
export interface IndexedFolder {
  readonly documents: number;
  readonly chunks: number;
  readonly embedded: number;
}

/** What `clawkeep-skill run local-rag query --json` prints, as far as the main job shows it. */
export const answerShape: z.ZodType<AnsweredExecution> = z.object({
  id: z.string(),
  level: z.string(),
  durationMs: z.number(),
  output: z.object({
    query: z.string(),
    results: z.array(
      z.object({ text: z.string(), score: z.number(), source: z.string(), citation }),
    ),
    summary: z.object({ text: z.string() }),
    snapshotRoot: z.string(),
  }),
});

/** One answered question and the execution that answered it. */
export interface AnsweredExecution {
  readonly id: string;
  readonly level: string;
  readonly durationMs: number;
  readonly output: {
    readonly query: string;
    readonly results: readonly {
      readonly text: string;
      readonly score: number;
      readonly source: string;
      readonly citation: {
        readonly path: string;
        readonly headings: readonly string[];
        readonly lineStart: number;
        readonly lineEnd: number;
        readonly chunkDigest: string;
      };
    }[];
    readonly summary: { readonly text: string };
    readonly snapshotRoot: string;
  };
}
