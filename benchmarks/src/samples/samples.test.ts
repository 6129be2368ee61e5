import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { interleave } from "./interleave.ts";
import { SampleStore } from "./sample-store.ts";

let folder = "";
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), "clawkeep-samples-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const storeFor = (session: string, fingerprint = "same"): SampleStore =>
  new SampleStore(path.join(folder, "samples.json"), fingerprint, session);

test("each contender is measured once a round, and the first of a round changes", async () => {
  const order: string[] = [];
  const contender = (
    name: string,
  ): { name: string; measure: (n: number) => Promise<{ n: number }> } => ({
    name,
    measure: (n) => {
      order.push(`${name}${n}`);
      return Promise.resolve({ n });
    },
  });
  const contenders = ["a", "b", "c"].map(contender);
  const { samples, missing } = await interleave(storeFor("one"), "row", contenders, 2);
  expect(order).toEqual(["a0", "b0", "c0", "b1", "c1", "a1"]);
  expect(samples.get("c")).toEqual([{ n: 0 }, { n: 1 }]);
  expect(missing).toEqual([]);
});

test("a contender that fails is named with its reason, and the others are measured", async () => {
  const { samples, missing } = await interleave(
    storeFor("one"),
    "row",
    [
      { name: "bad", measure: () => Promise.reject(new Error("not installed")) },
      { name: "good", measure: () => Promise.resolve({ rate: 1 }) },
    ],
    2,
  );
  expect([...samples.keys()]).toEqual(["good"]);
  expect(missing).toEqual([{ contender: "bad", why: "not installed" }]);
});

test("a run that was stopped goes on where it was, and says that it did", async () => {
  const calls: number[] = [];
  const stopped = {
    name: "a",
    measure: (round: number) =>
      round === 1 ? Promise.reject(new Error("stopped")) : Promise.resolve({ round }),
  };
  await interleave(storeFor("one"), "row", [stopped], 2);
  const again = {
    name: "a",
    measure: (round: number) => {
      calls.push(round);
      return Promise.resolve({ round });
    },
  };
  const { samples, sessions } = await interleave(storeFor("two"), "row", [again], 2);
  expect(calls).toEqual([1]);
  expect(samples.get("a")).toEqual([{ round: 0 }, { round: 1 }]);
  expect(sessions).toEqual(["one", "two"]);
});

test("samples of another machine, size or code are not used, nor those of a finished run", () => {
  storeFor("one").keep("row", "a", 0, { n: 1 });
  expect(storeFor("two").get("row", "a", 0)).toEqual({ session: "one", sample: { n: 1 } });
  expect(storeFor("two", "other").get("row", "a", 0)).toBeUndefined();
  storeFor("two").finish();
  expect(storeFor("three").size).toBe(0);
});
