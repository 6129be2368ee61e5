import type { Action } from "@clawkeep/skill-format";
import type { Execution } from "@clawkeep/skill-runtime";
import { expect, test } from "vitest";

import type { CaseProblem } from "../report.ts";
import { runShaken } from "./run-shaken.ts";
import { combine, fixedShake } from "./shake.ts";

const action = {
  output: { format: "text" },
  determinism: { promise: "bytes", volatile: [] },
} as unknown as Action;

const execution = (text: string): Execution =>
  ({ kind: "execution", exitCode: 0, stdout: Buffer.from(text) }) as unknown as Execution;

const shakes = ["a", "b", "c"].map((name) => fixedShake(name, {}));

/** A program that prints `wrong` when it is shaken by all of these at once. */
async function problems(by: readonly string[]): Promise<readonly CaseProblem[]> {
  const steady = [{ form: "oneshot", result: execution("right") } as const];
  const result = await runShaken(action, steady, shakes, async (_form, some) => {
    const names = some.map(({ name }) => name);
    return { result: execution(by.every((name) => names.includes(name)) ? "wrong" : "right") };
  });
  return result.problems;
}

test("the shake that changes the output is named", async () => {
  expect((await problems(["b"])).map((one) => [one.code, one.shake])).toEqual([
    ["CASE_SHAKEN", "b"],
  ]);
});

test("what shows only together is said to", async () => {
  const [only, ...others] = await problems(["a", "c"]);
  expect([others, only?.shake]).toEqual([[], undefined]);
  expect(only?.message).toContain("together");
});

test("what never shows is no problem, and costs one run a form", async () => {
  expect(await problems(["gone"])).toEqual([]);
});

test("a program that asks its service something else is shaken, whatever it prints", async () => {
  const steady = [{ form: "oneshot", result: execution("right") } as const];
  const { problems: found } = await runShaken(action, steady, shakes, async (_form, some) => ({
    result: execution("right"),
    difference: some.some(({ name }) => name === "c") ? "another date" : undefined,
  }));
  expect(found.map(({ message }) => message)).toEqual([
    "the output depends on the c: another date",
  ]);
});

test("nothing is run for an action that promises nothing", async () => {
  const free = { ...action, determinism: { promise: "none", volatile: [] } } as const;
  const { runs } = await runShaken(free, [], shakes, async () => ({ result: execution("x") }));
  expect(runs).toEqual([]);
});

test("shakes are put together, variables and all", async () => {
  const made = await combine(
    [
      fixedShake("a", { environment: { A: "1", B: "1" }, umask: 0 }),
      fixedShake("b", { environment: { B: "2" }, interpreterArguments: { node: ["--x"] } }),
    ],
    "/unused",
  );
  expect(made).toEqual({
    environment: { A: "1", B: "2" },
    umask: 0,
    interpreterArguments: { node: ["--x"] },
  });
});
