import { readFileSync } from "node:fs";
import path from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { makeWorkspace, request } from "../../test/workspace.ts";
import type { TestWorkspace } from "../../test/workspace.ts";
import { measuredRuntime, openMetricsFile, openRuntime } from "../index.ts";

let place: TestWorkspace;

beforeAll(async () => {
  place = await makeWorkspace("plain");
});
afterAll(() => place.remove());

test("runs and refusals are counted, and nothing that a request says becomes a label [S11]", async () => {
  const file = path.join(place.base, "skills.prom");
  const problems: unknown[] = [];
  const metrics = await openMetricsFile(file);
  const runtime = measuredRuntime(
    await openRuntime({ ...place, environment: {} }),
    metrics,
    (error) => problems.push(error),
  );
  const plain = (action: string, value = {}) => ({ ...request(action, value), skill: "plain" });
  const done = await runtime.invoke(plain("write"));
  expect(done).toMatchObject({ kind: "execution", ok: true });
  const refused = await runtime.invoke(plain("write", { extra: "a-secret-argument" }));
  expect(refused).toMatchObject({ kind: "refusal", skill: "plain", action: "write" });
  await runtime.invoke(plain("../../etc/a-path"));
  await runtime.invoke({ ...request("write"), skill: "not-locked" });
  await runtime.close();
  const text = readFileSync(file, "utf8");
  expect(problems).toEqual([]);
  const of = (name: string): readonly string[] =>
    text.split("\n").filter((line) => line.startsWith(`${name}{`));
  expect(of("clawkeep_skill_runs_total")).toContain(
    'clawkeep_skill_runs_total{skill="plain",action="write"} 1',
  );
  expect([...of("clawkeep_skill_refusals_total")].sort()).toEqual([
    'clawkeep_skill_refusals_total{skill="plain",action="unknown"} 1',
    'clawkeep_skill_refusals_total{skill="plain",action="write"} 1',
    'clawkeep_skill_refusals_total{skill="unknown",action="unknown"} 1',
  ]);
  expect(text).not.toMatch(/secret|etc|path|not-locked/u);
});

test("a run keeps its result when its metrics cannot be written", async () => {
  const problems: unknown[] = [];
  const runtime = measuredRuntime(
    await openRuntime({ ...place, environment: {} }),
    { path: "x", add: () => Promise.reject(new Error("full")) },
    (error) => problems.push(error),
  );
  const result = await runtime.invoke({ ...request("write"), skill: "plain" });
  await runtime.close();
  expect(result).toMatchObject({ kind: "execution", ok: true });
  expect(problems).toHaveLength(1);
});
