import { expect, test } from "vitest";

import { CrashBackOff } from "./crash-back-off.ts";

test("the pause begins with the second crash in a row, doubles, and has an end", () => {
  const backOff = new CrashBackOff(() => 1000);
  const pauses = Array.from({ length: 10 }, () => {
    backOff.crashed();
    return backOff.leftMs;
  });
  expect(pauses).toEqual([0, 250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  expect(backOff.crashes).toBe(10);
});

test("time passes, and an answer ends it", () => {
  let now = 0;
  const backOff = new CrashBackOff(() => now);
  backOff.crashed();
  backOff.crashed();
  now = 200;
  expect(backOff.leftMs).toBe(50);
  now = 251;
  expect(backOff.leftMs).toBe(0);
  backOff.crashed();
  expect(backOff.leftMs).toBe(500);
  backOff.worked();
  expect([backOff.leftMs, backOff.crashes]).toEqual([0, 0]);
  backOff.crashed();
  expect(backOff.leftMs).toBe(0);
});
