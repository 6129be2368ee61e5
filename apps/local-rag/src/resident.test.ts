import { PassThrough } from "node:stream";

import type { Embedder } from "@clawkeep/embedder";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";

import { answerLines } from "./resident.ts";

vi.spyOn(process.stderr, "write").mockReturnValue(true);

function standIn(): { readonly embedder: Embedder; readonly closed: () => boolean } {
  let closed = false;
  const embedder: Embedder = {
    spaceId: "s",
    buildId: "b",
    dimensions: 1,
    maxTokens: 8,
    sessions: 1,
    wordPiece: { count: () => 1, encode: () => new Int32Array(), size: 0 },
    embed: () => Promise.reject(new Error("not asked")),
    close: () => {
      closed = true;
      return Promise.resolve();
    },
  };
  return { embedder, closed: () => closed };
}

const place = {
  indexes: [{ folder: "/nowhere/index", trust: {} }],
  explain: false,
  wishes: {},
  keywordsOnly: false,
};

/** Feeds the chunks and gives the replies' lines; every question fails, as there is no index. */
async function replies(chunks: readonly Uint8Array[]): Promise<readonly string[]> {
  const [input, output] = [new PassThrough(), new PassThrough()];
  chunks.forEach((chunk) => input.write(chunk));
  input.end();
  const { embedder, closed } = standIn();
  try {
    expect(await answerLines(input, output, place, embedder)).toBe(0);
  } finally {
    expect(closed()).toBe(true);
  }
  const text: unknown = output.read();
  return text instanceof Uint8Array ? Buffer.from(text).toString().trimEnd().split("\n") : [];
}

describe("the resident loop", () => {
  test("answers each line with its id, however the bytes arrive", async () => {
    const lines = [
      '{"id":1,"input":{"query":"naïve 🦀"}}',
      '{"id":2,"input":{"query":"b","topk":3}}',
      '{"id":9,"input":null}',
    ];
    const bytes = Buffer.from(`${lines.join("\n")}\n`);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 6 }), async (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        const answers = (await replies(chunks)).map((line) => JSON.parse(line) as unknown);
        expect(answers).toMatchObject([
          { exitCode: 2, id: 1, output: { version: 1, error: { code: "INDEX_MISSING" } } },
          { exitCode: 2, id: 2, output: { version: 1, error: { code: "INDEX_MISSING" } } },
          { exitCode: 2, id: 9, output: { version: 1, error: { code: "QUERY_REQUEST" } } },
        ]);
      }),
      { numRuns: 30 },
    );
  });

  test("answers a last line without its end, and nothing to nothing", async () => {
    expect(await replies([Buffer.from('{"id":1,"input":{"query":"a"}}')])).toHaveLength(1);
    expect(await replies([])).toEqual([]);
  });

  test.each([
    "no json\n",
    "[]\n",
    "{}\n",
    "\n",
    '{"id":0,"input":{}}\n',
    '{"id":"1","input":{}}\n',
    '{"id":1,"input":{},"index":"/etc"}\n',
    "\xff\n",
    "x".repeat(1_100_000),
  ])("ends at a line that is no request", async (text) => {
    await expect(replies([Buffer.from(text, "latin1")])).rejects.toThrow(/expected/u);
  });
});
