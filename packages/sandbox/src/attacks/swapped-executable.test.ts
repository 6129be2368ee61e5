import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { testableLevels } from "../../test/attacker.ts";
import { executableBytes } from "../executable-bytes.ts";
import { runOnce } from "../index.ts";

/** Prints the digest of the bytes that it runs from. Long enough to be seen half written. */
function script(filling: string): string {
  return `#!/bin/sh\nexec /usr/bin/sha256sum "$0"\n#${filling.repeat(65_536)}\n`;
}
function digestOf(bytes: string | Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
const locked = digestOf(script("g"));
const refused = "SANDBOX_DIGEST_MISMATCH";

const ROUNDS = 1000;
const RUNS = 4;

let folder = "";
let program = "";
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "clawkeep-swap-"));
  program = path.join(folder, "program");
  writeFileSync(program, script("g"), { mode: 0o755 });
  writeFileSync(path.join(folder, "good"), script("g"));
  writeFileSync(path.join(folder, "evil"), script("e"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/**
 * Tries again and again while another process swaps: at least so often, until the program was got or
 * run at least so often, and until there were {@link ROUNDS} swaps. Answers with which answers there were.
 */
async function whileSwapped(
  way: "rename" | "overwrite",
  least: { readonly rounds: number; readonly good: number },
  attempt: () => Promise<string>,
): Promise<ReadonlyMap<string, number>> {
  const files = [program, path.join(folder, "good"), path.join(folder, "evil")];
  const swapper = fork(
    path.join(import.meta.dirname, "..", "..", "test", "swapper.ts"),
    [way, ...files, String(ROUNDS)],
    { execArgv: [] },
  );
  const ended = once(swapper, "exit");
  let enough = false;
  swapper.once("message", () => {
    enough = true;
  });
  const seen = new Map<string, number>();
  try {
    await once(swapper, "spawn");
    for (
      let round = 0;
      round < least.rounds || (seen.get(locked) ?? 0) < least.good || !enough;
      round += 1
    ) {
      if (swapper.exitCode !== null) {
        throw new Error(`the swapper ended with ${swapper.exitCode}`);
      }
      const answer = await attempt().catch((error: unknown) => (error as { code: string }).code);
      seen.set(answer, (seen.get(answer) ?? 0) + 1);
    }
  } finally {
    swapper.disconnect();
    await ended;
  }
  return seen;
}

function run(level: Parameters<typeof runOnce>[0]["level"]): Promise<string> {
  return runOnce({
    executable: { path: program, digest: locked },
    argv: [],
    cwd: "/",
    environment: {},
    readRoots: [],
    writeRoots: [],
    limits: { timeoutMs: 10_000, stdoutBytes: 1000, stderrBytes: 1000 },
    network: "none",
    level,
  }).then(({ stdout }) => `sha256:${Buffer.from(stdout).toString().slice(0, 64)}`);
}

// Every level runs the bytes that `executableBytes` returns, and nothing else of the file. So most
// rounds take those bytes without starting them; the rounds below start them at each level.
describe("the bytes of an executable that another process swaps", () => {
  test.each(["rename", "overwrite"] as const)(
    `are those that were locked, or refused, over ${ROUNDS} rounds and swaps (%s)`,
    async (way) => {
      const seen = await whileSwapped(way, { rounds: ROUNDS, good: 1 }, async () =>
        digestOf(await executableBytes({ path: program, digest: locked })),
      );
      // Both, or nothing was swapped under it.
      expect([...seen.keys()].sort()).toEqual([refused, locked].sort());
    },
  );
});

describe.each(await testableLevels())("at level %s an executable that is swapped", (level) => {
  test.each(["rename", "overwrite"] as const)(
    `while it is started runs as it was locked, or is refused (%s, at least ${RUNS} runs)`,
    async (way) => {
      const seen = await whileSwapped(way, { rounds: 0, good: RUNS }, () => run(level));
      expect([...seen.keys()].filter((one) => one !== locked && one !== refused)).toEqual([]);
    },
  );

  test("runs as long as it is as locked, and is refused before it is started when it is not", async () => {
    expect(await run(level)).toBe(locked);
    writeFileSync(program, script("e"));
    await expect(run(level)).rejects.toMatchObject({ code: refused });
  });
});
