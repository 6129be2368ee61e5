import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { buildKeywordSections, startKeywordSections } from "./build-keyword-sections.ts";
import { PostingLog } from "./posting-log.ts";

let folder: string;
let file: number;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "clawkeep-postings-"));
  file = openSync(path.join(folder, "log"), "wx+", 0o600);
});
afterEach(() => {
  closeSync(file);
  rmSync(folder, { recursive: true, force: true });
});

describe("a log of postings", () => {
  test.each(["in memory", "in a file"])(
    "%s gives back what was pushed, any number of times",
    (where) => {
      const log = new PostingLog(where === "in a file" ? file : undefined);
      const count = 40_000;
      for (let index = 0; index < count; index += 1) {
        log.push({ term: index * 7, chunk: index, title: index % 256, body: (index * 3) % 256 });
      }
      for (let time = 0; time < 2; time += 1) {
        let [index, wrong] = [0, 0];
        log.forEach((term, chunk, title, body) => {
          const same = term === index * 7 && chunk === index && title === index % 256;
          wrong += same && body === (index * 3) % 256 ? 0 : 1;
          index += 1;
        });
        expect([index, wrong]).toEqual([count, 0]);
      }
    },
  );

  test("in a file makes the same sections as in memory, over several windows", () => {
    const word = (number: number): string => `w${(number * 2_654_435_761) % 4093}`;
    const chunks = Array.from({ length: 9000 }, (_, chunk) => ({
      title: word(chunk),
      body: Array.from({ length: 90 }, (_unused, index) => word(chunk * 31 + index)).join(" "),
    }));
    const builder = startKeywordSections(file);
    chunks.forEach((chunk) => builder.add(chunk));
    let blocks = 0;
    const streamed = builder.finish().map(({ id, stride, bytes }) => {
      const parts =
        bytes instanceof Uint8Array
          ? [bytes]
          : Array.from(bytes as Iterable<Uint8Array>, (part) => part.slice());
      blocks = Math.max(blocks, parts.length);
      return { id, stride, bytes: Buffer.concat(parts).toString("base64") };
    });
    const whole = buildKeywordSections(chunks).map(({ id, stride, bytes }) => ({
      id,
      stride,
      bytes: Buffer.from(bytes as Uint8Array).toString("base64"),
    }));
    expect(blocks).toBeGreaterThan(1);
    expect(streamed).toEqual(whole);
  });
});
