/** A file that somebody writes while it is read: the writer works when its end was read, as often as it is told to. */
import { appendFileSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import type * as FileSystem from "node:fs";
import path from "node:path";

import { afterEach, expect, test, vi } from "vitest";

import { gather } from "../../test/gather.ts";
import { temporaryFolder } from "../../test/temporary-folder.ts";
import { walkFolder } from "./walk-folder.ts";

/** Told of each file that was read to its end. */
const hook = vi.hoisted((): { atEnd: ((inode: number) => void) | undefined } => ({
  atEnd: undefined,
}));
vi.mock("node:fs", async (original) => {
  const fs = await original<typeof FileSystem>();
  const readSync = (...args: Parameters<typeof fs.readSync>): number => {
    const count = fs.readSync(...args);
    if (count === 0) {
      hook.atEnd?.(fs.fstatSync(args[0]).ino);
    }
    return count;
  };
  return { ...fs, readSync };
});
afterEach(() => (hook.atEnd = undefined));

/** A folder with a file that is changed as often when it was read to its end. */
function changing(times: number, change: (file: string, time: number) => void): string {
  const folder = temporaryFolder({ "a.md": "before", "quiet.md": "quiet" });
  const file = path.join(folder, "a.md");
  const inode = statSync(file).ino;
  let done = 0;
  hook.atEnd = (read) => {
    if (read === inode && done < times) {
      done += 1;
      change(file, done);
    }
  };
  return folder;
}

test("DOCUMENT_CHANGED: a file that never rests is not read, and the others are", async () => {
  const folder = changing(Number.POSITIVE_INFINITY, (file) => appendFileSync(file, " more"));
  const { paths, findings, steps } = await gather(walkFolder(folder));
  expect([paths, findings]).toEqual([["quiet.md"], ["DOCUMENT_CHANGED a.md"]]);
  expect(steps[0]).toMatchObject({
    finding: { severity: "warning", message: expect.stringContaining("3 times") as string },
  });
});

test("DOCUMENT_CHANGED: as many bytes as before are a change too", async () => {
  const folder = changing(Number.POSITIVE_INFINITY, (file, time) => {
    writeFileSync(file, `after${time % 10}`);
    utimesSync(file, time, time);
  });
  expect((await gather(walkFolder(folder))).findings).toEqual(["DOCUMENT_CHANGED a.md"]);
});

test("DOCUMENT_CHANGED: a file that outgrows the limit while it is read is not read to its end", async () => {
  const folder = changing(1, (file) => appendFileSync(file, "x".repeat(100)));
  const { paths, findings } = await gather(walkFolder(folder, { maxFileBytes: 50 }));
  expect([paths, findings]).toEqual([["quiet.md"], ["DOCUMENT_CHANGED a.md"]]);
});

test("a file that rests after a change is read as it is then, whole", async () => {
  const folder = changing(1, (file) => {
    truncateSync(file, 0);
    writeFileSync(file, "after, and longer");
  });
  const { steps, findings } = await gather(walkFolder(folder));
  const [first] = steps.flatMap((step) => (step.kind === "file" ? [step] : []));
  expect([Buffer.from(first?.bytes ?? []).toString(), findings]).toEqual(["after, and longer", []]);
});
