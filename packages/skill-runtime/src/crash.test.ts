import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";

import { readAuditLog, verifyAuditLog } from "@clawkeep/audit-log";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import { executed, makeWorkspace, request, testableLevels } from "../test/workspace.ts";
import type { TestWorkspace } from "../test/workspace.ts";
import { auditFolder, openRuntime } from "./index.ts";

const child: string = path.join(import.meta.dirname, "..", "test", "invoke-once.ts");
const levels = await testableLevels();
let place: TestWorkspace;

beforeAll(async () => {
  place = await makeWorkspace("plain");
});
afterAll(() => place.remove());

function commandLine(action: string, step: number): string[] {
  return ["--conditions=source", child, place.home, place.workspace, action, String(step)];
}

function environment(): Record<string, string> {
  return { NODE_COMPILE_CACHE: path.join(place.base, "compile-cache") };
}

function invoke(
  action: string,
  step: number,
): Promise<{ readonly text: string; readonly signal: unknown }> {
  return new Promise((resolve) => {
    execFile(process.execPath, commandLine(action, step), { env: environment() }, (error, text) => {
      resolve({ text, signal: error?.signal });
    });
  });
}

describe("kill -9 of the runtime", () => {
  test("at any write of a run leaves a log that verifies, and shows what was begun as interrupted", async () => {
    const written = path.join(place.workspace, "data", "written");
    // The first run makes the log, which the audit log's own tests take apart.
    await invoke("write", 0);
    const whole = await invoke("write", 0);
    const steps = Number(/steps (\d+)/u.exec(whole.text)?.[1]);
    expect(steps).toBeGreaterThan(8);
    const opened = new Set<string>();
    const statuses = new Set<string>();
    for (let step = 1; step <= steps; step += 1) {
      const before = await readAuditLog(auditFolder(place.home));
      rmSync(written, { force: true });
      const { text, signal } = await invoke("write", step);
      expect(signal).toBe("SIGKILL");
      const { ok } = await verifyAuditLog(auditFolder(place.home));
      const after = await readAuditLog(auditFolder(place.home));
      expect([ok, after.ok]).toEqual([true, true]);
      const begun = after.executions.slice(before.executions.length);
      expect(begun.length).toBeLessThanOrEqual(1);
      const status = begun[0]?.status ?? "not begun";
      // Nothing runs without a record, and no result is handed on without its own.
      expect([status, existsSync(written)]).not.toEqual(["not begun", true]);
      expect([status, text.includes("execution")]).not.toEqual(["interrupted", true]);
      opened.add(text.split("\n")[0] ?? "");
      statuses.add(status);
    }
    expect([...statuses].sort()).toEqual(["ended", "interrupted", "not begun"]);
    // The state folder goes on working, and says what was interrupted.
    await using runtime = await openRuntime({ ...place, environment: {} });
    expect(executed(await runtime.invoke({ ...request("write"), skill: "plain" })).ok).toBe(true);
  });

  test.runIf(levels.includes("bubblewrap"))(
    "while the program runs kills the program, and the run is shown as interrupted",
    async () => {
      const before = (await readAuditLog(auditFolder(place.home))).executions.length;
      const runtime = spawn(process.execPath, commandLine("stay", 0), {
        env: environment(),
        stdio: "ignore",
      });
      const written = path.join(place.workspace, "data", "written");
      rmSync(written, { force: true });
      await vi.waitFor(() => expect(existsSync(written)).toBe(true), {
        timeout: 10_000,
        interval: 1,
      });
      runtime.kill("SIGKILL");
      await once(runtime, "exit");
      await vi.waitFor(() => expect(sleepers()).toEqual([]), { timeout: 10_000 });
      const { executions, ok } = await readAuditLog(auditFolder(place.home));
      expect([ok, executions.slice(before).map(({ status }) => status)]).toEqual([
        true,
        ["interrupted"],
      ]);
    },
  );
});

/** Processes that the skill left: it turns into this `sleep`. */
function sleepers(): readonly string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "latin1");
      const starting = command.includes("/skill/run.sh\0stay") && !command.startsWith("bwrap\0");
      return starting || command === "sleep\x00987.654\0";
    } catch {
      return false;
    }
  });
}
