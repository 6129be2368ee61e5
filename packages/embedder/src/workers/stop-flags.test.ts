import { expect, test } from "vitest";

import { createStopFlags, stopAll, unlessStopped, waitUntilStopped } from "./stop-flags.ts";

test("work runs until all have to stop, and then no more", () => {
  const flags = createStopFlags(2);
  expect(unlessStopped(flags, 1, () => "done")).toBe("done");
  stopAll(flags);
  expect(unlessStopped(flags, 1, () => "done")).toBeUndefined();
});

test("a worker counts as inside only while its work runs, also when that throws", () => {
  const flags = createStopFlags(2);
  unlessStopped(flags, 1, () => expect([...flags]).toEqual([0, 0, 1]));
  expect(() =>
    unlessStopped(flags, 0, () => {
      throw new Error("no");
    }),
  ).toThrow("no");
  expect([...flags]).toEqual([0, 0, 0]);
});

test("waiting is over at once when nobody is inside", () => {
  const flags = createStopFlags(64);
  stopAll(flags);
  waitUntilStopped(flags);
  expect(flags[0]).toBe(1);
});
