import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { Place } from "./command.ts";

let place: Place;

beforeAll(async () => {
  place = new Place(["echo-json"]);
  const { code, stderr } = await place.run(["lock"]);
  expect([code, stderr]).toEqual([0, ""]);
});

afterAll(() => place.remove());

test("runs are counted in the file of the option, else of the configuration", async () => {
  const one = join(place.folder, "one.prom");
  const other = join(place.folder, "other.prom");
  const command = ["run", "echo-json", "--arg", "text=private words"];
  const first = await place.run([...command, "--metrics", "one.prom"]);
  expect([first.code, first.stderr]).toEqual([0, expect.not.stringContaining("metrics")]);
  writeFileSync(join(place.home, "config.yaml"), `metrics:\n  file: ${other}\n`);
  expect((await place.run(command)).stderr).not.toContain("metrics");
  expect((await place.run(["run", "echo-json", "--arg", "no=1"])).code).toBe(2);
  expect((await place.run([...command, "--metrics", one])).code).toBe(0);
  const labels = '{skill="echo-json",action="echo"}';
  expect(readFileSync(one, "utf8")).toContain(`clawkeep_skill_runs_total${labels} 2\n`);
  expect(readFileSync(other, "utf8")).toContain(`clawkeep_skill_runs_total${labels} 1\n`);
  expect(readFileSync(other, "utf8")).toContain(`clawkeep_skill_refusals_total${labels} 1\n`);
  expect(readFileSync(one, "utf8")).not.toContain("private words");
});

test("with a file of another program nothing is run, and the file stays", async () => {
  const foreign = join(place.folder, "foreign.prom");
  writeFileSync(foreign, "up 1\n");
  const before = readFileSync(join(place.home, "audit", "log.ndjson"), "utf8");
  const { code, stdout, stderr } = await place.run([
    "run",
    "echo-json",
    "--arg",
    "text=a",
    "--metrics",
    foreign,
  ]);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain("METRICS_FOREIGN");
  expect(readFileSync(foreign, "utf8")).toBe("up 1\n");
  expect(readFileSync(join(place.home, "audit", "log.ndjson"), "utf8")).toBe(before);
});
