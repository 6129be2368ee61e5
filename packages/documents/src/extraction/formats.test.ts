import { afterAll, describe, expect, test } from "vitest";

import { boundsOf, expectedBounds, fixtureBytes, fixtures } from "../../test/expected-chunks.ts";
import { openDocumentReader } from "../index.ts";

const reader = openDocumentReader();
afterAll(() => reader.close());

describe("the fixture of each format", () => {
  test.each(fixtures)("%s gives the chunks that are written down", async (name) => {
    const { bounds, document, chunks } = await boundsOf(reader, name);
    expect(bounds).toEqual(expectedBounds(name, bounds));
    const text = Buffer.from(document.bytes);
    expect(text.equals(fixtureBytes(name))).toBe(document.layer === undefined);
    let behind = document.bodyStart;
    for (const chunk of chunks) {
      expect(text.toString("utf8", chunk.byteStart, chunk.byteEnd)).toBe(chunk.text);
      expect(text.toString("utf8", behind, chunk.byteStart).trim()).toBe("");
      expect(chunk.locator !== undefined).toBe(document.layer !== undefined);
      behind = chunk.byteEnd;
    }
    expect(text.toString("utf8", behind).trim()).toBe("");
  });
});
