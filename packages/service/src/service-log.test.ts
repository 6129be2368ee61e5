import { existsSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import path from "node:path";

import { expect, test } from "vitest";

import { compareReleases, parseRelease } from "./release.ts";
import { openServiceLog } from "./service-log.ts";
import { ServiceMetrics } from "./service-metrics.ts";
import { scratch } from "./stand.cases.ts";

test("a log is private lines, and takes twice its size at most", () => {
  using place = scratch();
  const file = path.join(place.folder, "log");
  const log = openServiceLog(file, 200);
  for (let n = 0; n < 50; n += 1) log({ event: "request", route: "query", ms: n });
  const lines = readFileSync(`${file}.1`, "utf8").trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line) as unknown)).toContainEqual(
    expect.objectContaining({ event: "request", route: "query" }),
  );
  expect(statSync(`${file}.1`).size).toBeLessThan(400);
  expect(statSync(`${file}.1`).mode & 0o777).toBe(0o600);
});

test("a log that somebody removes goes on in a new file", () => {
  using place = scratch();
  const file = path.join(place.folder, "log");
  const log = openServiceLog(file);
  log({ event: "start" });
  rmSync(file);
  // It is noticed after a line.
  for (const ms of [1, 2]) log({ event: "request", ms });
  expect(readFileSync(file, "utf8")).toMatch(/"ms":2\}\n$/u);
});

test("a log that cannot be written stops nothing, and a link is not followed", () => {
  using place = scratch();
  openServiceLog(path.join(place.folder, "absent", "log"))({ event: "start" });
  const link = path.join(place.folder, "link");
  symlinkSync(path.join(place.folder, "target"), link);
  openServiceLog(link)({ event: "start" });
  expect(existsSync(path.join(place.folder, "target"))).toBe(false);
});

test("times fall into classes that add up", () => {
  const metrics = new ServiceMetrics("t");
  metrics.gauge("open", () => 3);
  for (const ms of [0.5, 3, 7000]) metrics.request('a"b', "ok", ms);
  const text = metrics.text();
  expect(text).toContain('t_request_seconds_bucket{route="a\\"b",le="0.001"} 1');
  expect(text).toContain('t_request_seconds_bucket{route="a\\"b",le="5"} 2');
  expect(text).toContain('t_request_seconds_bucket{route="a\\"b",le="+Inf"} 3');
  expect(text).toContain("t_open 3\n");
});

test("releases are in the order in which they were made", () => {
  const order = ["0.9.0", "0.10.0", "1.0.0", "1.0.1"].map((version) => ({ version, built: 5 }));
  expect(order.toReversed().sort(compareReleases)).toEqual(order);
  expect(compareReleases({ version: "1.0.0", built: 1 }, { version: "1.0.0", built: 2 })).toBe(-1);
  expect(parseRelease({ version: "1.0.0" })).toBeUndefined();
  expect(parseRelease(null)).toBeUndefined();
});
