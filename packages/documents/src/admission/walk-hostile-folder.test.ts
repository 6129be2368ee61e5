import { execFileSync } from "node:child_process";
import { chmodSync, closeSync, ftruncateSync, mkdirSync, openSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

import { expect, test } from "vitest";

import { temporaryFolder } from "../../test/temporary-folder.ts";
import { walkFolder } from "./walk-folder.ts";

test("an unprivileged user gets every readable file and one clear finding for each odd one", () => {
  const outside = temporaryFolder({ "secret.md": "canary-outside" });
  const folder = temporaryFolder({
    "bad.md": Buffer.from([0x61, 0xff]),
    "empty.md": "",
    "good.md": "# Good\n",
    "shut/inner.md": "canary-shut",
    "shut.md": "canary-shut",
  });
  symlinkSync(join(outside, "secret.md"), join(folder, "out.md"));
  execFileSync("mkfifo", [join(folder, "pipe.md")]);
  const fd = openSync(join(folder, "sparse.md"), "w");
  ftruncateSync(fd, 2 * 1024 ** 3);
  closeSync(fd);
  chmodSync(join(folder, "shut"), 0);
  chmodSync(join(folder, "shut.md"), 0);

  const program = fileURLToPath(new URL("../../test/walk-unprivileged.ts", import.meta.url));
  const output = execFileSync(process.execPath, ["--conditions=source", program, folder], {
    encoding: "utf8",
    timeout: 30_000,
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
  });
  chmodSync(join(folder, "shut"), 0o700);

  const steps = output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { path?: string; finding?: { code: string; file: string } });
  expect(steps.map(({ path, finding }) => path ?? `${finding?.code} ${finding?.file}`)).toEqual([
    "DOCUMENT_NOT_UTF8 bad.md",
    "DOCUMENT_EMPTY empty.md",
    "good.md",
    "DOCUMENT_LINK_OUTSIDE out.md",
    "DOCUMENT_SPECIAL_FILE pipe.md",
    "DOCUMENT_UNREADABLE shut.md",
    "DOCUMENT_UNREADABLE shut/",
    "DOCUMENT_TOO_LARGE sparse.md",
  ]);
  expect(output).not.toContain("canary");
});

/** Swaps a folder and a file with links to others of the same names, until it is told to stop. */
const swapper = `
const { workerData } = require("node:worker_threads");
const { renameSync } = require("node:fs");
const { base, flags } = workerData;
const swap = (name) => {
  renameSync(base + "/in/" + name, base + "/parked-" + name);
  renameSync(base + "/link-" + name, base + "/in/" + name);
  renameSync(base + "/in/" + name, base + "/link-" + name);
  renameSync(base + "/parked-" + name, base + "/in/" + name);
};
const state = new Int32Array(flags);
while (Atomics.load(state, 0) === 0) {
  swap("sub");
  swap("file.md");
  Atomics.add(state, 1, 1);
}
`;

test("a folder and a file that are swapped with links during the walk lead nowhere", async () => {
  const base = temporaryFolder({
    "in/sub/deep/a.md": "inside",
    "in/file.md": "inside",
    "out/deep/a.md": "canary",
    "out.md": "canary",
  });
  mkdirSync(join(base, "in/other"));
  symlinkSync(join(base, "out"), join(base, "link-sub"));
  symlinkSync(join(base, "out.md"), join(base, "link-file.md"));
  const flags = new SharedArrayBuffer(8);
  const state = new Int32Array(flags);
  const worker = new Worker(swapper, { eval: true, workerData: { base, flags } });
  const ended = new Promise((resolve) => worker.once("exit", resolve));
  let read = 0;
  let caught = 0;
  const contents = new Set<string>();
  // Ends when both outcomes were seen often enough, so that a slow machine tests as much as a fast one.
  for (let round = 0; round < 20_000; round += 1) {
    for await (const step of walkFolder(join(base, "in"))) {
      if (step.kind === "file") {
        contents.add(Buffer.from(step.bytes).toString());
        read += 1;
      } else {
        caught += 1;
      }
    }
    if (Atomics.load(state, 1) >= 300 && read > 100 && caught > 20) {
      break;
    }
  }
  Atomics.store(state, 0, 1);
  await ended;
  expect([...contents]).toEqual(["inside"]);
  expect(Atomics.load(state, 1)).toBeGreaterThanOrEqual(300);
  expect(caught).toBeGreaterThan(20);
});
