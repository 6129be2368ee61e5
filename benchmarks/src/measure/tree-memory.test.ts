import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterEach, expect, test } from "vitest";

import { treeRssAnon } from "./tree-memory.ts";

const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

function procOf(
  processes: Readonly<Record<number, readonly [parent: number, kib: number]>>,
): string {
  const proc = mkdtempSync(path.join(tmpdir(), "clawkeep-proc-"));
  folders.push(proc);
  mkdirSync(path.join(proc, "self"));
  for (const [pid, [parent, kib]] of Object.entries(processes)) {
    mkdirSync(path.join(proc, pid));
    const status = `Name:\tx\nPPid:\t${parent}\nVmRSS:\t  999 kB\nRssAnon:\t  ${kib} kB\n`;
    writeFileSync(path.join(proc, pid, "status"), status);
  }
  return proc;
}

test("a process counts with its children and theirs, and with nobody else", () => {
  const proc = procOf({ 10: [1, 1024], 11: [10, 2048], 12: [11, 512], 20: [1, 4096] });
  expect(treeRssAnon(10, proc)).toBe(3.5);
});

test("a process that is gone counts nothing", () => {
  expect(treeRssAnon(99, procOf({ 10: [1, 1024] }))).toBe(0);
});

test("where there is no such folder nothing is known", () => {
  expect(treeRssAnon(1, "/no/such/folder")).toBe(0);
});

test("this process holds some memory", () => {
  expect(treeRssAnon(process.pid)).toBeGreaterThan(1);
});
