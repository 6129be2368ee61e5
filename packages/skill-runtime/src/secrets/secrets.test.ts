import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import {
  executed,
  makeWorkspace,
  refusedWith,
  request,
  testableLevels,
} from "../../test/workspace.ts";
import type { TestWorkspace } from "../../test/workspace.ts";
import { openRuntime } from "../index.ts";
import type { Runtime } from "../index.ts";
import { makeScrubber } from "./scrub.ts";

const token = 'canary-token-"ä/1';
const spoken = "canary-spoken-value";

describe.each(await testableLevels())("at level %s a secret", (level) => {
  let place: TestWorkspace;
  let runtime: Runtime;
  const file = (name: string): string => path.join(place.home, "secrets", name);
  beforeAll(async () => {
    place = await makeWorkspace();
    mkdirSync(path.join(place.home, "secrets"), { mode: 0o700 });
    writeFileSync(file("token"), `${token}\n`, { mode: 0o600 });
    writeFileSync(file("spoken"), spoken, { mode: 0o600 });
    runtime = await openRuntime({ ...place, environment: {} });
  });
  afterAll(async () => {
    await runtime.close();
    place.remove();
  });

  test("reaches the program, and no output, record or other file of the state", async () => {
    const execution = executed(await runtime.invoke(request("leak", {}, { level })));
    expect(execution.json).toMatchObject({
      token: "[secret TOKEN]",
      spoken: "[secret SPOKEN]",
      length: token.length,
      environ: false,
    });
    expect(JSON.stringify(execution.json)).toContain("[secret TOKEN]");
    expect(Buffer.from(execution.stderr).toString()).toMatch(
      /^\[secret TOKEN\] \[secret SPOKEN\]/u,
    );
    const own = new Set([file("token"), file("spoken")]);
    let files = 0;
    for (const name of readdirSync(place.home, { recursive: true, encoding: "utf8" })) {
      const at = path.join(place.home, name);
      if (own.has(at) || !statSync(at).isFile() || name.startsWith("interpreters")) continue;
      files += 1;
      expect([name, /canary-(?:token|spoken)/u.test(readFileSync(at, "latin1"))]).toEqual([
        name,
        false,
      ]);
    }
    expect(files).toBeGreaterThan(3);
  });

  test("that is not a private file of the user is refused, without its value", async () => {
    const codes = async (): Promise<readonly string[]> =>
      refusedWith(await runtime.invoke(request("leak", {}, { level })));
    chmodSync(file("token"), 0o640);
    expect(await codes()).toEqual(["secrets", "SECRET_UNREADABLE"]);
    chmodSync(file("token"), 0o600);
    rmSync(file("spoken"));
    expect(await codes()).toEqual(["secrets", "SECRET_UNREADABLE"]);
    symlinkSync(file("token"), file("spoken"));
    expect(await codes()).toEqual(["secrets", "SECRET_UNREADABLE"]);
    rmSync(file("spoken"));
    writeFileSync(file("spoken"), "short", { mode: 0o600 });
    expect(await codes()).toEqual(["secrets", "SECRET_REFUSED"]);
  });
});

describe("scrubbing", () => {
  const scrubber = makeScrubber([{ name: "T", value: token, as: "file" }]);
  const scrub = (text: string, isCut = false): string =>
    Buffer.from(scrubber.bytes(Buffer.from(text), isCut)).toString();

  test("finds a secret as it is and as common encodings write it", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string({ minLength: 8 }), (before, after, value) => {
        const { bytes } = makeScrubber([{ name: "T", value, as: "file" }]);
        for (const form of [
          value,
          JSON.stringify(value).slice(1, -1),
          Buffer.from(value).toString("hex"),
          encodeURIComponent(value),
        ]) {
          const text = Buffer.from(
            bytes(Buffer.from(`${before}${form}${after}`), false),
          ).toString();
          expect(text.length).toBeLessThanOrEqual(`${before}${form}${after}`.length + 1000);
          expect(text).toContain("[secret T]");
        }
      }),
      { numRuns: 50 },
    );
    expect(scrub(Buffer.from(`ab${token}cd`).toString("base64"))).toContain("[secret T]");
  });

  test("removes a secret that the end of an output cuts short", () => {
    expect(scrub(`text ${token.slice(0, 9)}`, true)).toBe("text ");
    expect(scrub("text", true)).toBe("text");
  });

  test("leaves everything else as it is", () => {
    expect(scrub("nothing to see")).toBe("nothing to see");
    expect(makeScrubber([]).text("x")).toBe("x");
  });
});
