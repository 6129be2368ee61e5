import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

import { Place } from "./command.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const hostile = (name: string): string => join(root, "fixtures/publishing/hostile", name);

describe("preflight", () => {
  const place = new Place(["say-sh"]);

  test("finds our own skills ready, warnings counted too", async () => {
    const { code, stdout } = await place.run(["preflight", "--strict", "--workspace", root]);
    expect(stdout).toContain("5 skills, 0 errors, 0 warnings");
    expect(code).toBe(0);
  });

  test("says place, reason, mend and prediction, and exits with 1", async () => {
    const { code, stdout } = await place.run(["preflight", hostile("shell-exec")]);
    expect(code).toBe(1);
    expect(stdout).toContain("scripts/run.mjs:2:1: error PREFLIGHT_SHELL");
    expect(stdout).toContain(
      "predicted: suspicious.dangerous_exec (ClawHub static engine v2.4.26)",
    );
    expect(stdout).toContain("nothing here says that a skill is harmless");
  });

  test("prints JSON and SARIF with what is predicted", async () => {
    const json = await place.json(["preflight", hostile("miner")]);
    expect(json).toMatchObject({ version: 1, ok: false, skills: [{ slug: "miner", ok: false }] });
    const { stdout } = await place.run(["preflight", hostile("miner"), "--sarif"]);
    const log: unknown = JSON.parse(stdout);
    const result: unknown = expect.objectContaining({
      ruleId: "PREFLIGHT_MINING",
      level: "error",
      properties: {
        predicted: [{ engine: "ClawHub static engine v2.4.26", code: "malicious.crypto_mining" }],
      },
    });
    expect(log).toMatchObject({
      version: "2.1.0",
      runs: [{ results: expect.arrayContaining([result]) as unknown }],
    });
  });

  test("makes an error of a warning with --strict", async () => {
    expect((await place.run(["preflight", hostile("odd-port")])).code).toBe(0);
    expect((await place.run(["preflight", hostile("odd-port"), "--strict"])).code).toBe(1);
  });

  test("refuses a category that the registry does not have", async () => {
    const { code, stdout } = await place.run([
      "preflight",
      "--categories",
      "search",
      "--topics",
      "rag",
    ]);
    expect([code, stdout]).toEqual([1, expect.stringContaining("PREFLIGHT_CATEGORY")]);
  });
});
