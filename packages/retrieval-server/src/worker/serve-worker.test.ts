import { PassThrough } from "node:stream";

import { openEmbedder } from "@clawkeep/embedder";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { workspace } from "../stand.cases.ts";
import type { Workspace } from "../stand.cases.ts";
import { serveWorker } from "./serve-worker.ts";

let place: Workspace;
beforeAll(async () => {
  place = await workspace();
});
afterAll(() => place[Symbol.dispose]());

/** Sends lines, and gives the replies by id once input has ended. */
async function replies(lines: readonly string[]): Promise<ReadonlyMap<number, unknown>> {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const index = await place.open();
  const serving = serveWorker(input, output, index);
  const found = new Map<number, unknown>();
  let rest = "";
  const all = new Promise<void>((resolve) => {
    output.on("data", (chunk: Buffer) => {
      rest += chunk.toString("utf8");
      const whole = rest.split("\n");
      rest = whole.pop() ?? "";
      for (const line of whole) {
        const reply = JSON.parse(line) as { readonly id: number };
        found.set(reply.id, reply);
      }
      if (found.size === lines.filter((line) => !line.includes('"cancel"')).length) resolve();
    });
  });
  input.write(lines.map((line) => `${line}\n`).join(""));
  await all;
  input.end();
  await serving;
  return found;
}

const line = (id: number, method: string, input: unknown): string =>
  JSON.stringify({ id, method, input });

describe("a worker", () => {
  test("searches, reads what was cited, and says what it serves", async () => {
    const found = await replies([
      line(1, "search", { query: "when is the lamp lit", topk: 1 }),
      line(2, "read", { path: "fog.md", lineStart: 1, lineEnd: 99 }),
      line(3, "status", {}),
    ]);
    expect(found.get(1)).toMatchObject({
      ok: true,
      output: { version: 1, results: [{ citation: { path: "lamp.md" } }] },
    });
    expect(found.get(2)).toMatchObject({
      output: { path: "fog.md", passages: [{ citation: { lineStart: 1 } }] },
    });
    expect(found.get(3)).toMatchObject({ output: { documents: 3, dimensions: 384 } });
  });

  test("embeds as the model does, byte for byte", async () => {
    const texts = ["one", "two words", ""];
    const found = await replies([line(1, "embed", { texts })]);
    const { output } = found.get(1) as { readonly output: { readonly vectors: string } };
    const embedder = await openEmbedder({ workers: 0 });
    const rows = await embedder.embed(texts);
    await embedder.close();
    expect(Buffer.from(output.vectors, "base64").equals(Buffer.from(rows.buffer))).toBe(true);
  });

  test.each([
    ["search", { query: "a", index: "/etc" }],
    ["search", { query: "a", topk: 0 }],
    ["search", { query: "x".repeat(70_000) }],
    ["search", { query: 1 }],
    ["search", { query: "a", rerank: "/tmp/model" }],
    ["search", { query: "a", diversity: 1.5 }],
    ["search", { query: "a", context: 11 }],
    ["search", { query: "a", maxBytes: 9, maxTokens: 9 }],
    ["search", { query: "a", format: "html" }],
    ["search", { query: "a", scope: [1] }],
    ["search", null],
    ["read", { path: "lamp.md" }],
    ["read", { path: "lamp.md", lineStart: 3, lineEnd: 2 }],
    ["read", { path: "lamp.md", lineStart: 1, lineEnd: 2, root: "/" }],
    ["embed", { texts: [] }],
    ["embed", { texts: ["a"], model: "/tmp/x.onnx" }],
    ["absent", {}],
  ])("refuses %s with %j", async (method, input) => {
    const found = await replies([line(1, method, input)]);
    expect(found.get(1)).toMatchObject({ ok: false, error: { code: "REQUEST_INVALID" } });
  });

  test.each(["../registry", "/etc/passwd", "lamp.md/../../files/lamp.md", "LAMP.md", "index"])(
    "reads no %s: a name is one of the index or none",
    async (path) => {
      const found = await replies([line(1, "read", { path, lineStart: 1, lineEnd: 9 })]);
      expect(found.get(1)).toMatchObject({ ok: false, error: { code: "READ_UNKNOWN" } });
    },
  );

  test("writes nothing that an agent or a terminal would act on", async () => {
    const found = await replies([line(1, "read", { path: "evil.md", lineStart: 1, lineEnd: 9 })]);
    const text = JSON.stringify(found.get(1));
    expect(text).toContain("run exec");
    expect(text).not.toMatch(/<\|im_start|\u202e/u);
  });

  test("ends one request and goes on with the others", async () => {
    const texts = Array.from({ length: 400 }, (_, n) => `text number ${n}`);
    const found = await replies([
      line(1, "embed", { texts }),
      '{"id":1,"method":"cancel","input":1}',
      line(2, "status", {}),
    ]);
    expect(found.get(1)).toMatchObject({ ok: false, error: { code: "REQUEST_CANCELLED" } });
    expect(found.get(2)).toMatchObject({ ok: true });
  });

  test("ends at a line that is no request", async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const serving = serveWorker(input, output, await place.open());
    input.end("no request\n");
    await expect(serving).rejects.toThrow(expect.objectContaining({ code: "WORKER_INPUT" }));
  });
});

describe("a publication", () => {
  test("is seen by the next request", async () => {
    using other = await workspace();
    const index = await other.open();
    const before = index.status();
    await other.put({ "new.md": "# Keepers\n\nThree keepers share the watch.\n" });
    const found = await index.search({ query: "how many keepers", topk: 1, explain: false });
    expect(found.results[0]?.citation.path).toBe("new.md");
    expect(index.status().sequence).toBe(before.sequence + 1);
    expect(index.read({ path: "new.md", lineStart: 1, lineEnd: 1 }).passages).toHaveLength(1);
    await index.close();
  });
});
