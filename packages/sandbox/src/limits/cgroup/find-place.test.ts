import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { findCgroupPlace } from "./find-place.ts";

let base = "";
beforeAll(() => {
  base = mkdtempSync(path.join(tmpdir(), "clawkeep-place-"));
});
afterAll(() => rmSync(base, { recursive: true }));

function find(groups: string, mounts: readonly string[]): ReturnType<typeof findCgroupPlace> {
  writeFileSync(path.join(base, "groups"), groups);
  writeFileSync(path.join(base, "mounts"), `${mounts.join("\n")}\n`);
  return findCgroupPlace({ groups: path.join(base, "groups"), mounts: path.join(base, "mounts") });
}

function makeGroup(at: string, handedOn?: string): string {
  const folder = path.join(base, at);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "cgroup.procs"), "");
  if (handedOn !== undefined) {
    writeFileSync(path.join(folder, "cgroup.subtree_control"), `${handedOn}\n`);
  }
  return folder;
}

test("version 2: the nearest group above that hands the controllers on", () => {
  makeGroup("two", "memory pids cpu");
  const slice = makeGroup("two/app.slice", "cpu memory pids");
  makeGroup("two/app.slice/own.scope", "");
  const mounts = [`30 20 0:26 / ${base}/two rw,nosuid - cgroup2 cgroup2 rw,nsdelegate`];
  expect(find("0::/app.slice/own.scope\n", mounts)).toEqual({
    version: 2,
    memory: slice,
    processes: slice,
    cpu: slice,
  });
  // In a container the mount shows a part of the tree as its root.
  const part = [`30 20 0:26 /outer ${base}/two rw - cgroup2 cgroup2 rw`];
  expect(find("0::/outer/app.slice\n", part)).toMatchObject({ memory: slice });
  expect(find("0::/elsewhere\n", part)).toMatchObject({ why: expect.any(String) });
});

test("version 2: none where memory is not handed on", () => {
  makeGroup("poor", "cpu pids");
  const mounts = [`30 20 0:26 / ${base}/poor rw - cgroup2 cgroup2 rw`];
  expect(find("0::/\n", mounts)).toMatchObject({ why: expect.stringContaining("memory") });
});

test("version 1: its own group of each controller, beside an empty version 2", () => {
  const folders = ["memory/own", "pids", "cpu"].map((name) => makeGroup(`one/${name}`));
  const mounts = [
    `40 31 0:29 / ${base}/one/memory rw - cgroup cgroup rw,memory`,
    `41 31 0:30 / ${base}/one/pids rw - cgroup cgroup rw,pids`,
    `42 31 0:31 / ${base}/one/cpu rw - cgroup cgroup rw,cpu,cpuacct`,
    `43 31 0:32 / ${base}/one rw - cgroup2 cgroup2 rw`,
    "44 31 0:33 / / rw - ext4 /dev/sda rw",
  ];
  const groups = "8:pids:/\n4:memory:/own\n2:cpu,cpuacct:/\n0::/\n";
  expect(find(groups, mounts)).toEqual({
    version: 1,
    memory: folders[0],
    processes: folders[1],
    cpu: folders[2],
  });
  expect(find("8:pids:/\n0::/\n", mounts)).toMatchObject({ why: expect.any(String) });
  if (process.getuid?.() !== 0) {
    chmodSync(folders[0] ?? "", 0o500);
    expect(find(groups, mounts)).toMatchObject({ why: expect.any(String) });
    chmodSync(folders[0] ?? "", 0o700);
  }
});

test("a system that tells nothing has none", () => {
  expect(findCgroupPlace({ groups: "/nonexistent", mounts: "/nonexistent" })).toMatchObject({
    why: expect.stringContaining("nothing"),
  });
});
