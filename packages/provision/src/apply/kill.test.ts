import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { desiredOf, treeOf } from "../deployments.cases.ts";
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
  await applyDeployment(`${base}/state`, desiredOf(base, 1));
  if (action === "rollback") await applyDeployment(`${base}/state`, desiredOf(base, 2));
}

describe.each(["apply", "rollback"])("T22: %s killed at each of its steps", (action) => {
  test("is undone to the byte by the next call, which then converges, or was done", async () => {
    const whole = join(folder, `${action}-whole`);
    await atStart(action, whole);
    const before = treeOf(`${whole}/etc`);
    const { output } = await run(action, whole, 0);
    const after = treeOf(`${whole}/etc`);
    const steps = Number(output);
    expect(steps).toBeGreaterThan(20);
    expect(after).not.toEqual(before);

    let [undone, done] = [0, 0];
    const tryStep = async (step: number): Promise<void> => {
      const base = join(folder, `${action}-${step}`);
      await atStart(action, base);
      expect((await run(action, base, step)).signal).toBe("SIGKILL");
      const records = (await readHistory(`${base}/state`)).length;
      const isDone = records === (action === "apply" ? 2 : 3);
      // What the deployment was before: the next call finds and keeps exactly that.
      const old = desiredOf(base, action === "apply" ? 1 : 2);
      const next = desiredOf(base, action === "apply" ? 2 : 1);
      if (isDone) {
        done += 1;
        expect(treeOf(`${base}/etc`)).toEqual(after);
      } else {
        undone += 1;
        const again = await applyDeployment(`${base}/state`, old);
        expect(again.changes).toEqual([]);
        expect(treeOf(`${base}/etc`)).toEqual(before);
      }
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
