import { execFileSync } from "node:child_process";
import {
  closeSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Worker } from "node:worker_threads";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { openBeneath } from "./open-beneath.ts";

let base: string;
let root: string;
beforeEach(() => {
  base = realpathSync(mkdtempSync(path.join(tmpdir(), "clawkeep-beneath-")));
  root = path.join(base, "root");
  mkdirSync(path.join(root, "folder", "inner"), { recursive: true });
  writeFileSync(path.join(root, "file"), "inside");
  writeFileSync(path.join(root, "folder", "file"), "inside");
  mkdirSync(path.join(base, "outside"));
  writeFileSync(path.join(base, "outside", "file"), "outside");
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const kindOrFault = (relative: string): string => {
  const opened = openBeneath(root, relative);
  if (opened.fault !== undefined) return opened.fault;
  closeSync(opened.fd);
  return opened.kind;
};

describe("what a path names below a root", () => {
  test("is opened when it is a file or a folder", () => {
    expect([".", "file", "folder", "folder/inner", "folder/file"].map(kindOrFault)).toEqual([
      "folder",
      "file",
      "folder",
      "folder",
      "file",
    ]);
  });

  test("is absent when it is not there, or lies below a file", () => {
    expect(["gone", "gone/file", "file/below"].map(kindOrFault)).toEqual([
      "absent",
      "absent",
      "absent",
    ]);
  });

  test.each([
    ["out of the root", () => path.join(base, "outside", "file"), "trap"],
    ["within the root", () => "file", "trap"],
    ["to nothing", () => "gone", "trap"],
    ["in the middle", () => path.join(base, "outside"), "trap/file"],
    ["in the middle, within the root", () => "folder", "trap/file"],
  ])("is refused when a part is a link %s", (_, target, relative) => {
    symlinkSync(target(), path.join(root, "trap"));
    expect(kindOrFault(relative)).toBe("link");
  });

  test("is refused when it is a pipe, a device or a socket, without blocking", async () => {
    execFileSync("mkfifo", [path.join(root, "pipe")]);
    expect(kindOrFault("pipe")).toBe("special");
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(path.join(root, "socket"), resolve);
    });
    expect(kindOrFault("socket")).toBe("special");
    server.close();
    const device = openBeneath("/dev", "null");
    expect(device.fault).toBe("special");
  });

  test("is refused when the file has a second name", () => {
    linkSync(path.join(base, "outside", "file"), path.join(root, "second"));
    expect(kindOrFault("second")).toBe("hard-link");
  });

  test("is refused when the root is reached through a link by now", () => {
    symlinkSync(root, path.join(base, "alias"));
    expect(openBeneath(path.join(base, "alias"), "file").fault).toBeDefined();
    renameSync(root, path.join(base, "moved"));
    symlinkSync(path.join(base, "outside"), root);
    expect(kindOrFault("file")).not.toBe("file");
  });
});

test("10,000 exchanges while paths are opened never give anything outside [G9]", async () => {
  const worker = new Worker(
    `
    const { parentPort, workerData: { root, outside } } = require("node:worker_threads");
    const fs = require("node:fs");
    const path = require("node:path");
    const at = path.join(root, "swap");
    const next = path.join(root, "next");
    fs.mkdirSync(path.join(root, "keep"));
    fs.writeFileSync(path.join(root, "keep", "file"), "inside");
    const put = (make) => { make(); fs.renameSync(next, at); };
    parentPort.postMessage("ready");
    for (let i = 0; i < 10000; i += 1) {
      // A folder cannot be renamed over: the way to the file is a link, then a folder, then a link …
      const folder = path.join(root, "way");
      fs.rmSync(folder, { force: true, recursive: true });
      if (i % 2 === 0) fs.symlinkSync(outside, folder);
      else { fs.mkdirSync(folder); fs.writeFileSync(path.join(folder, "file"), "inside"); }
      if (i % 3 === 0) put(() => fs.symlinkSync(path.join(outside, "file"), next));
      else if (i % 3 === 1) put(() => fs.linkSync(path.join(outside, "file"), next));
      else put(() => fs.writeFileSync(next, "inside"));
    }
    parentPort.postMessage("done");
    `,
    { eval: true, workerData: { root, outside: path.join(base, "outside") } },
  );
  let done = false;
  const finished = new Promise<void>((resolve, reject) => {
    worker.on("error", reject);
    worker.on("message", (message) => {
      if (message === "done") {
        done = true;
        resolve();
      }
    });
  });
  const seen = new Map<string, number>();
  while (!done) {
    for (let i = 0; i < 50; i += 1) {
      for (const relative of ["swap", "way/file"]) {
        const opened = openBeneath(root, relative);
        const what =
          (opened.fault === undefined ? undefined : `refused: ${opened.fault}`) ??
          // The descriptor says nothing about reading, so that the file is read through it.
          readFileSync(`/proc/self/fd/${opened.fd}`, "utf8");
        if (opened.fd !== undefined) closeSync(opened.fd);
        seen.set(what, (seen.get(what) ?? 0) + 1);
      }
    }
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  await finished;
  await worker.terminate();
  expect(seen.has("outside")).toBe(false);
  expect((seen.get("inside") ?? 0) + (seen.get("") ?? 0)).toBeGreaterThan(0);
  expect(seen.get("refused: link") ?? 0).toBeGreaterThan(0);
}, 30_000);
