import fc from "fast-check";
import { expect, test } from "vitest";

import { boundsOf, fixtures } from "../../test/expected-chunks.ts";
import { chunkDocument, locatorFragment, openDocumentReader } from "../index.ts";
import type { Document, TextUnit } from "../index.ts";
import { locatorOf } from "./locate.ts";

const spaced = { countTokens: (text: string) => text.split(/\s+/u).length, maxTokens: 32 };

/** A document of units with blank lines between them, some of which must not be parted from others. */
const layered: fc.Arbitrary<Document> = fc
  .array(
    fc.record({
      text: fc
        .array(fc.string({ unit: "grapheme", minLength: 1, maxLength: 9 }), {
          minLength: 1,
          maxLength: 30,
        })
        .map((words) => `x${words.join(" ").replace(/\s+/gu, " ").trimEnd()}`.toWellFormed()),
      forced: fc.boolean(),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((parts) => {
    let text = "";
    const units: TextUnit[] = [];
    const blocks = parts.map((part, index) => {
      text += index === 0 ? "" : "\n\n";
      const start = text.length;
      text += part.text;
      units.push({ start, end: text.length, first: index + 1, last: index + 1 });
      const forced = part.forced ? { forced: true } : {};
      return {
        kind: "paragraph" as const,
        start,
        end: text.length,
        level: 0,
        title: "",
        ...forced,
      };
    });
    const layer = { layer: "x-1", unit: "page" as const, units };
    const bytes = Buffer.from(text);
    return {
      path: "a",
      kind: "extracted",
      title: "a",
      metadata: {},
      bytes,
      bodyStart: 0,
      blocks,
      layer,
    };
  });

test("a locator gives the chunk back out of the text of its units, and forced bounds are kept", () => {
  fc.assert(
    fc.property(layered, (document) => {
      const text = Buffer.from(document.bytes).toString();
      const units = document.layer?.units ?? [];
      for (const chunk of chunkDocument(document, spaced)) {
        const { first = 0, last = 0, spanStart = 0, spanEnd = 0 } = chunk.locator ?? {};
        const [head, tail] = [units[first - 1], units[last - 1]];
        const from = Buffer.byteLength(text.slice(0, head?.start)) + spanStart;
        const to = Buffer.byteLength(text.slice(0, tail?.start)) + spanEnd;
        expect([from, to]).toEqual([chunk.byteStart, chunk.byteEnd]);
        const crossed = document.blocks?.slice(first, last).some(({ forced }) => forced === true);
        expect(crossed ?? false).toBe(false);
      }
    }),
    { numRuns: 200 },
  );
});

test("a locator of a fixture names the unit that its chunk is in", async () => {
  await using reader = openDocumentReader();
  for (const name of fixtures.filter((each) =>
    /\.(?:pdf|docx|pptx|odt|epub|ipynb|eml|mbox|html)$/u.test(each),
  )) {
    const { document, chunks } = await boundsOf(reader, name);
    const text = Buffer.from(document.bytes).toString();
    const units = document.layer?.units ?? [];
    for (const { text: passage, locator, byteStart } of chunks) {
      const at = Buffer.from(document.bytes).toString("utf8", 0, byteStart).length;
      const unit = units.find(({ end }) => end > at);
      expect(locator?.first).toBe(unit?.first);
      const own = Buffer.from(text.slice(unit?.start)).toString("utf8", locator?.spanStart);
      expect(own.startsWith(passage)).toBe(true);
    }
  }
});

test("a place is written as people read it", () => {
  const units = [
    { start: 0, end: 4, first: 1, last: 1, member: "OPS/one.xhtml" },
    { start: 6, end: 9, first: 2, last: 3 },
  ];
  const locate = locatorOf({ layer: "x-1", unit: "line", units }, "text\n\nend");
  const [one, both] = [locate(0, 4), locate(2, 9)];
  expect(one && locatorFragment(one)).toBe("member=OPS/one.xhtml&line=1");
  expect(both).toMatchObject({ first: 1, last: 3, spanStart: 2, spanEnd: 3 });
  expect(locate(9, 12)).toBeUndefined();
});
