import { describe, expect, test } from "vitest";

import { readStraceLog } from "./strace-log.ts";
import { checkWriteOrder } from "./write-order.ts";

const good = `
10    write(23</i/.snapshot.json.tmp>, "x", 1) = 1
11    write(9<anon_inode:[eventfd]>, "\\1", 8 <unfinished ...>
10    fsync(23</i/.snapshot.json.tmp> <unfinished ...>
11    <... write resumed>)              = 8
10    <... fsync resumed>)              = 0
10    rename("/i/.snapshot.json.tmp", "/i/snapshot.json") = 0
10    fsync(23</i>)                     = 0
10    +++ exited with 0 +++
`.trim();

describe("a log of strace", () => {
  test("is calls with their files, in the order in which they began, counted by thread", () => {
    const calls = readStraceLog(good);
    expect(calls.map(({ name, path, nth }) => [name, path, nth])).toEqual([
      ["write", "/i/.snapshot.json.tmp", 1],
      ["write", "anon_inode:[eventfd]", 1],
      ["fsync", "/i/.snapshot.json.tmp", 1],
      ["rename", "/i/.snapshot.json.tmp", 1],
      ["fsync", "/i", 2],
    ]);
    expect(calls[2]).toMatchObject({ began: 2, ended: 4 });
    expect(calls[3]).toMatchObject({ to: "/i/snapshot.json" });
  });

  test("tells a call that never came back", () => {
    const [call] = readStraceLog('10 rename("/i/a", "/i/b") = ?\n10 +++ killed by SIGKILL +++');
    expect(call).toEqual({
      thread: "10",
      name: "rename",
      path: "/i/a",
      to: "/i/b",
      began: 0,
      nth: 1,
    });
  });
});

describe("the order of writing", () => {
  test("is right when a file is synced, renamed, and its folder synced", () => {
    expect(checkWriteOrder(readStraceLog(good), "/i")).toEqual({ renames: 1, faults: [] });
  });

  test("is wrong when one of the syncs is missing or too early", () => {
    const lines = good.split("\n");
    const without = (...gone: readonly number[]): string =>
      lines.filter((_, place) => !gone.includes(place)).join("\n");
    expect(checkWriteOrder(readStraceLog(without(2, 4)), "/i").faults).toHaveLength(1);
    expect(checkWriteOrder(readStraceLog(without(6)), "/i").faults).toHaveLength(1);
    const early = [lines[2], lines[4], lines[0], lines[5], lines[6]].join("\n");
    expect(checkWriteOrder(readStraceLog(early), "/i").faults).toHaveLength(1);
  });
});
