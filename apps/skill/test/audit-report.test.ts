import { afterAll, expect, test } from "vitest";

import { Place } from "./command.ts";

const place = new Place(["say-sh"]);
afterAll(() => place.remove());

test("audit report counts what was run, in each form, and shows nothing that was asked", async () => {
  await place.run(["lock"]);
  await place.run(["run", "say-sh", "--arg", "words=my private words"]);
  const json = await place.run(["audit", "report", "--json"]);
  expect(json.code).toBe(0);
  expect(JSON.parse(json.stdout)).toMatchObject({
    version: 1,
    verification: { state: "verified", records: 2 },
    executions: 1,
    outcomes: { done: 1 },
    actions: [{ skill: "say-sh", executions: 1 }],
  });
  const markdown = await place.run(["audit", "report", "--markdown"]);
  expect(markdown.stdout).toContain("| skill | action | runs | outcomes |");
  const text = await place.run(["audit", "report"]);
  expect(text.stdout).toMatch(/^log {6}verified, 2 records/u);
  expect([json, markdown, text].map(({ stdout }) => stdout).join("")).not.toContain("private");
  expect((await place.run(["audit", "report", "--json", "--markdown"])).code).toBe(2);
});
