import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { readCassette, writeCassette } from "./cassette-file.ts";
import { fill, takeOut } from "./cassette.ts";
import type { Cassette, Part } from "./cassette.ts";

const golden = fileURLToPath(
  new URL("../../../../fixtures/golden/cassette-v1/greet.greeter.json", import.meta.url),
);

let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "clawkeep-cassette-"));
  file = join(folder, "deep", "x.json");
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function cassette(request: readonly Part[], response: readonly Part[] = []): Cassette {
  return {
    service: "greeter",
    connections: [{ exchanges: [{ request, response }], endedBy: "program" }],
  };
}

async function written(request: readonly Part[]): Promise<unknown> {
  await writeCassette(file, cassette(request));
  return JSON.parse(readFileSync(file, "utf8")).connections[0].exchanges[0].request;
}

describe("a cassette file", () => {
  test("of version 1 is read and written to the same bytes", async () => {
    const read = await readCassette(golden, "greeter");
    expect(read?.connections.map(({ endedBy }) => endedBy)).toEqual(["program", "service"]);
    expect(read?.connections[0]?.exchanges[0]?.request).toContainEqual({ secret: "TOKEN" });
    if (read === undefined) throw new TypeError("no golden file");
    await writeCassette(file, read);
    expect(readFileSync(file, "utf8")).toBe(readFileSync(golden, "utf8"));
  });

  test("holds any bytes", async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string({ unit: "binary" }).map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(bytes, bytes, async (request, response) => {
        await writeCassette(file, cassette([request], [response]));
        const read = await readCassette(file, "greeter");
        const exchange = read?.connections[0]?.exchanges[0];
        expect(fill(exchange?.request ?? [], {})).toEqual(Buffer.from(request));
        expect(fill(exchange?.response ?? [], {})).toEqual(Buffer.from(response));
      }),
      { numRuns: 50 },
    );
  });

  test("shows text line by line, and as base64 what a reviewer would not see", async () => {
    expect(await written([Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n日本")])).toEqual([
      "GET / HTTP/1.1\r\n",
      "Host: x\r\n",
      "\r\n",
      "日本",
    ]);
    const hidden = "a\u202Eb\n";
    expect(await written([Buffer.from(`seen\n${hidden}\u0000\nseen`)])).toEqual([
      "seen\n",
      { base64: Buffer.from(`${hidden}\u0000\n`).toString("base64") },
      "seen",
    ]);
  });

  test("is undefined when there is none, and says what is wrong with it without quoting it", async () => {
    expect(await readCassette(join(folder, "gone.json"), "greeter")).toBeUndefined();
    for (const text of [
      "private",
      "{}",
      JSON.stringify({ cassette: 2, service: "greeter", connections: [] }),
      JSON.stringify({ cassette: 1, service: "other", connections: [] }),
      JSON.stringify({ cassette: 1, service: "greeter", connections: [], more: true }),
    ]) {
      writeFileSync(file, text);
      const reading = readCassette(file, "greeter");
      await expect(reading).rejects.toMatchObject({ code: "CASSETTE_MALFORMED" });
      await expect(reading).rejects.not.toThrow("private");
    }
  });
});

describe("a secret", () => {
  test("is taken out wherever it stands, and comes back as the value of today", () => {
    const secrets = { TOKEN: "hunter2-hunter2", LONGER: "hunter2-hunter2-more" };
    const sent = Buffer.from("a hunter2-hunter2 b hunter2-hunter2-more hunter2-hunter2");
    const parts = takeOut(sent, secrets);
    expect(parts.filter((part) => !(part instanceof Uint8Array))).toEqual([
      { secret: "TOKEN" },
      { secret: "LONGER" },
      { secret: "TOKEN" },
    ]);
    expect(fill(parts, secrets)).toEqual(sent);
    expect(fill(parts, { TOKEN: "1", LONGER: "2" }).toString()).toBe("a 1 b 2 1");
  });

  test("does not change what is not secret", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.string(), fc.string(), (bytes, one, other) => {
        const secrets = { one, other };
        expect(fill(takeOut(bytes, secrets), secrets)).toEqual(Buffer.from(bytes));
      }),
    );
  });
});
