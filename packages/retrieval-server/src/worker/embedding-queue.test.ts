import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { EmbeddingQueue } from "./embedding-queue.ts";

/** Embeds a text as its length and first letter; each text waits to be released. */
function model(sessions: number): {
  readonly queue: EmbeddingQueue;
  readonly begun: string[];
  readonly most: () => number;
} {
  const begun: string[] = [];
  let [now, most] = [0, 0];
  const queue = new EmbeddingQueue({
    dimensions: 2,
    sessions,
    embed: async ([text = ""]) => {
      begun.push(text);
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      if (text === "fail") throw new Error("no");
      return Float32Array.of(text.length, text.codePointAt(0) ?? 0);
    },
  });
  return { queue, begun, most: () => most };
}

describe("an embedding queue", () => {
  test("gives each request its own rows in order, whatever else is asked", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.string(), { maxLength: 6 }), { maxLength: 6 }),
        fc.integer({ min: 1, max: 4 }),
        async (requests, sessions) => {
          const { queue, most } = model(sessions);
          const rows = await Promise.all(requests.map((texts) => queue.embed(texts)));
          expect(rows.map((row) => [...row])).toEqual(
            requests.map((texts) =>
              texts.flatMap((text) => [text.length, text.codePointAt(0) ?? 0]),
            ),
          );
          expect(most()).toBeLessThanOrEqual(sessions);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("keeps all sessions busy across requests: four of five texts on four sessions", async () => {
    const { queue, most } = model(4);
    const five = ["a", "b", "c", "d", "e"];
    await Promise.all([1, 2, 3, 4].map(() => queue.embed(five)));
    expect(most()).toBe(4);
  });

  test("lets a question in between the texts of a batch that came before it", async () => {
    const { queue, begun } = model(1);
    const batch = queue.embed(Array.from({ length: 50 }, () => "batch"));
    await queue.embed(["question"]);
    expect(begun.indexOf("question")).toBeLessThan(4);
    await batch;
  });

  test("begins nothing more of a request that was cancelled or failed, and goes on with others", async () => {
    const { queue, begun } = model(1);
    const controller = new AbortController();
    const batch = queue.embed(
      Array.from({ length: 50 }, () => "batch"),
      controller.signal,
    );
    const other = queue.embed(["other"]);
    const failing = queue.embed(["fail", "never", "never"]);
    controller.abort(new Error("enough"));
    await expect(batch).rejects.toThrow("enough");
    await expect(failing).rejects.toThrow("no");
    expect([...(await other)]).toEqual([5, 111]);
    expect(begun.filter((text) => text === "batch").length).toBeLessThan(3);
    expect(begun.filter((text) => text === "never").length).toBeLessThan(2);
    expect(queue.waiting).toBe(0);
    await expect(queue.embed(["x"], AbortSignal.abort(new Error("before")))).rejects.toThrow(
      "before",
    );
  });
});
