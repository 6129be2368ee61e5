import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { access, cp, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { sampleEnd, sampleStart } from "../test/sample-records.ts";
import { logPaths } from "./log-paths.ts";
import { openAuditLog } from "./open-audit-log.ts";
import { readAuditLog } from "./read-audit-log.ts";
import { verifyAuditLog } from "./verify-audit-log.ts";

const writer: string = new URL("../test/writer.ts", import.meta.url).pathname;
let base = "";

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "clawkeep-crash-"));
});

afterAll(async () => {
  await rm(base, { recursive: true });
});

/** Runs the writer; gives its output and how it ended. */
function write(
  folder: string,
  runs: number,
  step: string,
): Promise<{ text: string; signal: unknown }> {
  return new Promise((resolve) => {
    const args = ["--conditions=source", writer, folder, String(runs), step];
    // Some sixty children load the same modules.
    const env = { ...process.env, NODE_COMPILE_CACHE: join(base, "compile-cache") };
    execFile(process.execPath, args, { env }, (error, text) => {
      resolve({ text, signal: error?.signal });
    });
  });
}

/** What must hold after any crash: it verifies, nothing acknowledged is lost, it goes on. */
async function expectSound(folder: string, text: string): Promise<void> {
  const started = [...text.matchAll(/^start (.+)$/gmu)].map(([, id]) => id);
  const ended = new Set([...text.matchAll(/^end (.+)$/gmu)].map(([, id]) => id));

  const before = await readAuditLog(folder);
  if (before.identity === undefined || !(await exists(logPaths(folder).key))) {
    expect(started).toEqual([]);
  } else {
    expect(before.findings.filter(({ severity }) => severity === "error")).toEqual([]);
    const ids = before.executions.map(({ id }) => id);
    expect(ids.slice(0, started.length)).toEqual(started);
    // One more may be there: committed, and killed before anybody was told.
    expect(ids.length - started.length).toBeLessThanOrEqual(1);
    for (const { id, status } of before.executions) {
      expect(ended.has(id) ? ["ended"] : ["interrupted", "ended"]).toContain(status);
    }
  }

  const log = await openAuditLog({ folder });
  const { id } = await log.start(sampleStart);
  await log.end(sampleEnd(id));
  await log.close();
  const after = await readAuditLog(folder);
  expect(after.findings.map(({ code }) => code)).toEqual(["AUDIT_ROLLBACK_NOT_EXCLUDED"]);
  expect(after.executions.slice(0, -1).map((execution) => execution.id)).toEqual(
    before.executions.map((execution) => execution.id),
  );
  const healed = after.records.filter(({ type }) => type === "log-healed");
  expect(healed.length).toBe(
    before.findings.some(({ code }) => code === "AUDIT_TAIL_TORN") ? 1 : 0,
  );
  expect((await verifyAuditLog(folder)).ok).toBe(true);
  expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

describe("kill -9", () => {
  test("at any step of making a log and of a run leaves a log that verifies and goes on", async () => {
    const { text } = await write(join(base, "whole"), 1, "0");
    const steps = Number(/steps (\d+)/u.exec(text)?.[1]);
    // Making: six files; one sync on opening; the start: slot written, synced, the one before wiped,
    // the line; the end: slot written; closing: synced, wiped, the line.
    expect(steps).toBe(6 * 6 + 1 + 4 + 1 + 3);
    const cuts = Array.from({ length: steps }, (_, index) => [
      `${index + 1}`,
      `${index + 1}t`,
    ]).flat();
    const torn = new Set(["20t", "26t", "32t", "38t", "40t", "41t", "42t", "44t", "45t"]);
    // A kill leaves the same files before an fsync, a rename that follows it, and a last step.
    const same = (step: number): boolean => step <= 36 && (step % 6 === 0 || step % 6 === 4);
    const chosen = cuts.filter((cut) =>
      cut.endsWith("t") ? torn.has(cut) : !same(Number.parseInt(cut, 10)),
    );
    await inParallel(chosen, async (cut) => {
      const folder = join(base, `at-${cut}`);
      const killed = await write(folder, 1, cut);
      expect(killed.signal).toBe("SIGKILL");
      await expectSound(folder, killed.text);
    });
  });

  test("in the middle of a line is repaired on the record, and the start shown as interrupted", async () => {
    const folder = join(base, "torn");
    const killed = await write(folder, 1, "41t");
    expect(killed.signal).toBe("SIGKILL");
    const torn = await readAuditLog(folder);
    expect(torn.findings.map(({ code }) => code)).toContain("AUDIT_TAIL_TORN");
    expect(torn).toMatchObject({ ok: true, size: 1, executions: [{ status: "interrupted" }] });
    await (await openAuditLog({ folder })).close();
    const healed = await readAuditLog(folder);
    expect(healed.records[1]).toMatchObject({ type: "log-healed", sequence: 1 });
    const { present, expected } = healed.records[1] as unknown as Record<string, number>;
    expect(present).toBe(Math.floor((expected ?? 0) / 2));
    expect(healed).toMatchObject({ ok: true, executions: [{ status: "interrupted" }] });
  });

  test("during the repair leaves it to the next", async () => {
    const folder = join(base, "twice");
    await write(folder, 1, "41t");
    // Opening it: the slot's sync, the repair; then the record of it: slot written, synced, the one
    // before wiped, the line.
    const steps = ["1", "2", "2t", "3", "3t", "4", "5", "5t", "6", "6t"];
    await inParallel(steps, async (step) => {
      const copy = `${folder}-${step}`;
      await cp(folder, copy, { recursive: true });
      expect((await write(copy, 0, step)).signal).toBe("SIGKILL");
      expect((await verifyAuditLog(copy)).ok).toBe(true);
      await (await openAuditLog({ folder: copy })).close();
      const { findings, executions } = await readAuditLog(copy);
      expect(findings.map(({ code }) => code)).toEqual(["AUDIT_ROLLBACK_NOT_EXCLUDED"]);
      expect(executions).toMatchObject([{ status: "interrupted" }]);
    });
  });

  test("at moments of chance, from outside, while others write", async () => {
    const folder = join(base, "chance");
    let text = "";
    for (const after of [1, 4, 9]) {
      const args = ["--conditions=source", writer, folder, "1000"];
      const children = [0, 1].map(() =>
        spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] }),
      );
      await Promise.all(
        children.map(async (child) => {
          let lines = 0;
          for await (const line of createInterface(child.stdout)) {
            text += `${line}\n`;
            lines += 1;
            if (lines === after) {
              child.kill("SIGKILL");
            }
          }
          if (child.exitCode === null && child.signalCode === null) {
            await once(child, "exit");
          }
        }),
      );
      const history = await readAuditLog(folder);
      expect(history.findings.filter(({ severity }) => severity === "error")).toEqual([]);
      const ids = new Map(history.executions.map(({ id, status }) => [id, status]));
      for (const [, what, id = ""] of text.matchAll(/^(start|end) (.+)$/gmu)) {
        expect(what === "end" ? ["ended"] : ["ended", "interrupted"]).toContain(ids.get(id));
      }
    }
    const log = await openAuditLog({ folder });
    await log.start(sampleStart);
    await log.close();
    expect((await verifyAuditLog(folder)).ok).toBe(true);
  });
});

describe("a log that was never finished", () => {
  test("is made again; one that has records and no key is not", async () => {
    const folder = join(base, "keyless");
    await (await openAuditLog({ folder })).close();
    await rm(logPaths(folder).key);
    const log = await openAuditLog({ folder });
    await log.start(sampleStart);
    await log.close();
    await rm(logPaths(folder).key);
    await expect(openAuditLog({ folder })).rejects.toMatchObject({ code: "AUDIT_KEY_MISSING" });
    await writeFile(logPaths(folder).log, "");
    await expect(openAuditLog({ folder })).rejects.toMatchObject({ code: "AUDIT_KEY_MISSING" });
  });
});

async function inParallel<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      await run(item);
    }
  };
  await Promise.all([worker(), worker()]);
}
