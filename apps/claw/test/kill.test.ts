import { spawn } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { bundle } from "./bundle.ts";
import { placeWith } from "./deployed.ts";
import type { Place } from "./deployed.ts";

/*
 * The executable killed at a boundary of each kind while a stand-in for OpenClaw runs; `npm run test:real -- deploy
 * kills` does it at every step, and with the real one.
 */
const hook = fileURLToPath(new URL("kill-at.ts", import.meta.url));
let place: Place;

beforeAll(async () => {
  place = await placeWith();
}, 60_000);
afterAll(() => place.close(), 60_000);

function spec(maxTokens: number): void {
  const file = path.join(place.home, "deploy.yaml");
  const text = readFileSync(file, "utf8").replace(/\n {2}maxTokens: .*/u, "");
  writeFileSync(file, text.replace("models:\n", `models:\n  maxTokens: ${maxTokens}\n`));
}

const apply = ["apply", "--start", "--without-model", "--openclaw", "oc"];

/** The last line on standard error of a command that kills itself there, or how it ended. */
function killedAt(at: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--import", hook, bundle, ...args], {
      cwd: place.home,
      env: { PATH: "/usr/bin:/bin", HOME: place.home, CLAW_KILL_AT: at },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let stderr = "";
    child.stderr.on("data", (part: Buffer) => (stderr += part.toString("utf8")));
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(`${signal ?? code} ${stderr}`));
  });
}

/** What apply writes, by path. */
function files(): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const folder of ["rendered", ".config", ".openclaw-home/secrets"]) {
    const at = path.join(place.home, folder);
    for (const entry of readdirSync(at, { recursive: true, withFileTypes: true })) {
      const file = path.join(entry.parentPath, entry.name);
      if (entry.isFile()) found[file] = readFileSync(file, "utf8");
    }
  }
  return found;
}

const isReady = (): Promise<boolean> =>
  fetch(`http://127.0.0.1:${place.port}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );

describe("T22: claw apply, killed", () => {
  test("survey: the steps of what is killed are those that the tests name", async () => {
    spec(2048);
    const steps = await killedAt("survey", apply);
    expect(steps).toMatch(/^0 /u);
    for (const name of ["apply:file", "apply:start gateway", "apply:gate", "journal:remove"]) {
      expect(steps).toContain(name);
    }
    expect(await isReady()).toBe(true);
  }, 60_000);

  /** Applies the old spec, and is killed while it applies the new one. @returns files from before */
  async function killed(named: string): Promise<Readonly<Record<string, string>>> {
    const journal = path.join(place.home, ".local/state/clawkeep/deployments/home/journal.json");
    spec(2048);
    await place.claw(...apply);
    const before = files();
    spec(4096);
    const at = named.replace("CONFIG", place.config).replace("JOURNAL", journal);
    expect(await killedAt(at, apply)).toMatch(/^SIGKILL killed at /u);
    return before;
  }

  test.each(["apply:file CONFIG"])(
    "at %s: the old spec finds every byte as it was, and it runs",
    async (at) => {
      const before = await killed(at);
      spec(2048);
      const back = await place.claw(...apply);
      expect([back.code, files(), await isReady()]).toEqual([0, before, true]);
    },
    120_000,
  );

  test("claw rollback at apply:start gateway: the next one brings back the files, and what it had stopped", async () => {
    spec(2048);
    await place.claw(...apply);
    const before = files();
    spec(4096);
    await place.claw(...apply);
    const rollback = ["rollback", "home"];
    expect(await killedAt("apply:start gateway", rollback)).toMatch(/^SIGKILL killed at /u);
    expect(await isReady()).toBe(false);
    const back = await place.claw(...rollback);
    expect([back.code, files()]).toEqual([0, before]);
    expect((await place.claw("status", "--json")).stdout).toContain(
      '"services":[{"name":"gateway","running":true}]',
    );
  }, 120_000);

  test.each(["apply:start gateway", "journal:remove JOURNAL"])(
    "at %s: the new spec converges, and it runs",
    async (at) => {
      await killed(at);
      expect((await place.claw(...apply)).code).toBe(0);
      expect((await place.claw(...apply)).stdout).toBe("unchanged\n");
      expect(readFileSync(place.config, "utf8")).toContain('"maxTokens": 4096');
      expect(await isReady()).toBe(true);
    },
    120_000,
  );
});
