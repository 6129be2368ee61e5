import { createHash } from "node:crypto";
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { testableLevels } from "../../test/attacker.ts";
import { runOnce } from "../index.ts";

const good = "#!/bin/sh\necho good\n";
const evil = "#!/bin/sh\necho evil\n";
const digest = `sha256:${createHash("sha256").update(good).digest("hex")}`;

describe.each(await testableLevels())("at level %s an executable that is swapped", (level) => {
  let folder = "";
  let program = "";
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "clawkeep-swap-"));
    program = path.join(folder, "program");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const run = (): Promise<string> =>
    runOnce({
      executable: { path: program, digest },
      argv: [],
      cwd: "/",
      environment: {},
      readRoots: [],
      writeRoots: [],
      limits: { timeoutMs: 10_000, stdoutBytes: 100, stderrBytes: 1000 },
      network: "none",
      level,
    }).then(
      (outcome) => `${outcome.terminatedBy ?? ""}${Buffer.from(outcome.stdout).toString()}`,
      (error: unknown) => (error as { code: string }).code,
    );

  test("by renaming or in place runs as it was locked, or is refused", async () => {
    const seen = new Set<string>();
    for (let round = 0; round < 40; round += 1) {
      writeFileSync(program, good, { mode: 0o755 });
      const running = run();
      // The change lands before, during or after the digest is taken, as the turns fall.
      for (let turn = 0; turn < round % 8; turn += 1) {
        await new Promise(setImmediate);
      }
      if (round % 2 === 0) {
        writeFileSync(program, evil);
      } else {
        const other = path.join(folder, "other");
        writeFileSync(other, evil, { mode: 0o755 });
        renameSync(other, program);
      }
      seen.add(await running);
    }
    expect(
      [...seen].filter((result) => result !== "good\n" && result !== "SANDBOX_DIGEST_MISMATCH"),
    ).toEqual([]);
    expect(seen).toContain("good\n");
  });

  test("before the run is refused", async () => {
    writeFileSync(program, evil, { mode: 0o755 });
    expect(await run()).toBe("SANDBOX_DIGEST_MISMATCH");
    copyFileSync(program, `${program}.kept`);
    expect(readFileSync(`${program}.kept`, "utf8")).toBe(evil);
  });
});
