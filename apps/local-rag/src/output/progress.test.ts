import { describe, expect, test } from "vitest";

import { progressWriter } from "./progress.ts";

function collect(): { readonly lines: string[]; readonly write: (text: string) => boolean } {
  const lines: string[] = [];
  return { lines, write: (text) => lines.push(text) > 0 };
}

describe("progress", () => {
  test("on a terminal is one line with speed and the time that is left", () => {
    const output = collect();
    let time = 0;
    const writer = progressWriter("text", output, () => time);
    writer.report({ stage: "scan", files: 1 });
    writer.report({ stage: "scan", files: 2 });
    writer.report({ stage: "embed", done: 0, total: 1000 });
    time = 5000;
    writer.report({ stage: "embed", done: 100, total: 1000 });
    time = 5001;
    writer.report({ stage: "embed", done: 101, total: 1000 });
    time = 6000;
    writer.report({ stage: "embed", done: 1000, total: 1000 });
    writer.end();
    expect(output.lines).toEqual([
      "\rlooking at files: 1\u001b[K",
      "\rembedding: 0 of 1000 passages\u001b[K",
      "\rembedding: 100 of 1000 passages, 20/s, 45 s left\u001b[K",
      "\rembedding: 1000 of 1000 passages, 167/s, 0 s left\u001b[K",
      "\r\u001b[K",
    ]);
  });

  test("says long times as people do", () => {
    const output = collect();
    let time = 0;
    const writer = progressWriter("text", output, () => time);
    writer.report({ stage: "embed", done: 0, total: 100_000 });
    time = 1000;
    writer.report({ stage: "embed", done: 50, total: 100_000 });
    time = 2000;
    writer.report({ stage: "embed", done: 1000, total: 100_000 });
    expect(output.lines[1]).toContain("50/s, 33 min 19 s left");
    expect(output.lines[2]).toContain("500/s, 3 min 18 s left");
  });

  test("as NDJSON has the speed and the seconds that are left, once there are any", () => {
    const output = collect();
    let time = 0;
    const writer = progressWriter("ndjson", output, () => time);
    writer.report({ stage: "scan", files: 1 });
    writer.report({ stage: "embed", done: 100, total: 1000 });
    time = 3000;
    writer.report({ stage: "embed", done: 200, total: 1000 });
    time = 6000;
    writer.report({ stage: "embed", done: 1000, total: 1000 });
    expect(output.lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { stage: "scan", files: 1 },
      { stage: "embed", done: 100, total: 1000 },
      { stage: "embed", done: 200, total: 1000, perSecond: 33.3, secondsLeft: 24 },
      { stage: "embed", done: 1000, total: 1000, perSecond: 150, secondsLeft: 0 },
    ]);
  });

  test("as NDJSON is every event, and none is none", () => {
    const output = collect();
    const writer = progressWriter("ndjson", output);
    writer.report({ stage: "write", chunks: 3 });
    writer.end();
    expect(output.lines).toEqual(['{"stage":"write","chunks":3}\n']);
    const silent = collect();
    progressWriter("none", silent).report({ stage: "write", chunks: 3 });
    expect(silent.lines).toEqual([]);
  });
});
