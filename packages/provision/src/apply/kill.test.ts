import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { notedIn, statefulOf, treeOf } from "../deployments.cases.ts";
import { readHistory } from "../store/deployment-store.ts";
import { applyDeployment } from "./apply.ts";

const child: string = new URL("../../test/crash.ts", import.meta.url).pathname;
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "clawkeep-kill-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

interface Ended {
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

function run(action: string, base: string, step: number): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const args = ["--conditions=source", child, action, base, String(step)];
    const started = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    started.stdout.on("data", (part: Buffer) => (output += part.toString("utf8")));
    started.on("error", reject);
    started.on("close", (_code, signal) => resolve({ signal, output }));
  });
}

/** Applies generation 1, and 2 where the child rolls back. */
async function atStart(action: string, base: string): Promise<void> {
  await applyDeployment(`${base}/state`, statefulOf(base, 1));
  if (action === "rollback") await applyDeployment(`${base}/state`, statefulOf(base, 2));
  for (const name of own) await writeFile(`${base}/openclaw/${name}`, "of now");
}

/** What no archive has: they stay as they are whatever happens. */
const own = ["workspace/notes.md", "secrets/gateway-token"];
async function ownOf(base: string): Promise<readonly string[]> {
  return Promise.all(own.map((name) => readFile(`${base}/openclaw/${name}`, "utf8")));
}

describe.each(["apply", "rollback"])("T22: %s killed at each of its steps", (action) => {
  test("is undone to the byte by the next call, which then converges, or was done", async () => {
    const isApply = action === "apply";
    const whole = join(folder, `${action}-whole`);
    await atStart(action, whole);
    const before = treeOf(`${whole}/etc`);
    const { output } = await run(action, whole, 0);
    const after = treeOf(`${whole}/etc`);
    expect(notedIn(whole)).toBe(isApply ? "12" : "11");
    const steps = Number(output);
    expect(steps).toBeGreaterThan(20);
    expect(after).not.toEqual(before);

    let [undone, done] = [0, 0];
    const tryStep = async (step: number): Promise<void> => {
      const base = join(folder, `${action}-${step}`);
      await atStart(action, base);
      expect((await run(action, base, step)).signal).toBe("SIGKILL");
      const records = (await readHistory(`${base}/state`)).length;
      const isDone = records === (isApply ? 2 : 3);
      // What the deployment was before: the next call finds and keeps exactly that.
      const old = statefulOf(base, isApply ? 1 : 2);
      const next = statefulOf(base, isApply ? 2 : 1);
      if (isDone) {
        done += 1;
        expect(treeOf(`${base}/etc`)).toEqual(after);
        expect(notedIn(base)).toBe(isApply ? "12" : "11");
      } else {
        undone += 1;
        const again = await applyDeployment(`${base}/state`, old);
        expect(again.changes).toEqual([]);
        expect(treeOf(`${base}/etc`)).toEqual(before);
        // As it was; and started once more where the attempt had begun.
        const was = isApply ? "1" : "12";
        expect(notedIn(base)).toBe(again.recovered ? `${was}${was.at(-1)}` : was);
      }
      expect(await ownOf(base)).toEqual(["of now", "of now"]);
      await applyDeployment(`${base}/state`, next);
      expect(treeOf(`${base}/etc`)).toEqual(after);
      expect(await old.services[0]?.isRunning()).toBe(true);
      const last = await applyDeployment(`${base}/state`, next);
      expect(last).toEqual({ outcome: "unchanged", changes: [], recovered: false });
      await rm(base, { recursive: true });
    };
    const queue = Array.from({ length: steps }, (_, index) => index + 1);
    const worker = async (): Promise<void> => {
      for (let step = queue.shift(); step !== undefined; step = queue.shift()) await tryStep(step);
    };
    await Promise.all(Array.from({ length: Math.min(4, availableParallelism() + 1) }, worker));
    expect(undone + done).toBe(steps);
    expect(undone).toBeGreaterThan(done);
  }, 240_000);
});
