import { execFile } from "node:child_process";
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { openMetricsFile } from "./metrics-file.ts";
import { sealMetrics } from "./metrics-text.ts";
import type { RunSample } from "./run-sample.ts";

const sample: RunSample = {
  skill: "probe",
  action: "echo",
  kind: "run",
  hasFailed: false,
  hasTimedOut: false,
  durationSeconds: 0.25,
  queueSeconds: 0.001,
  outputBytes: 10,
};
let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "clawkeep-metrics-"));
  file = path.join(folder, "skills.prom");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function value(name: string, labels: string = 'skill="probe",action="echo"'): number {
  const line = `${name}{${labels}} `;
  const found = readFileSync(file, "utf8")
    .split("\n")
    .filter((one) => one.startsWith(line));
  expect(found).toHaveLength(1);
  return Number(found[0]?.slice(line.length));
}

async function add(...samples: readonly RunSample[]): Promise<void> {
  await (await openMetricsFile(file)).add(samples);
}

describe("a metrics file", () => {
  test("sums runs, failures, timeouts, refusals, errors, seconds and bytes by skill and action [S11]", async () => {
    await add(sample);
    await add({ ...sample, hasFailed: true, hasTimedOut: true, durationSeconds: 31 });
    await add(
      { ...sample, kind: "refusal", outputBytes: 0 },
      { ...sample, skill: "unknown", action: "unknown", kind: "error", outputBytes: 0 },
    );
    expect(value("clawkeep_skill_runs_total")).toBe(2);
    expect(value("clawkeep_skill_failures_total")).toBe(1);
    expect(value("clawkeep_skill_timeouts_total")).toBe(1);
    expect(value("clawkeep_skill_refusals_total")).toBe(1);
    expect(value("clawkeep_skill_errors_total")).toBe(0);
    expect(value("clawkeep_skill_errors_total", 'skill="unknown",action="unknown"')).toBe(1);
    expect(value("clawkeep_skill_output_bytes_total")).toBe(20);
    const bucket = (le: string): string => `le="${le}",skill="probe",action="echo"`;
    expect(value("clawkeep_skill_duration_seconds_bucket", bucket("0.1"))).toBe(0);
    expect(value("clawkeep_skill_duration_seconds_bucket", bucket("0.25"))).toBe(1);
    expect(value("clawkeep_skill_duration_seconds_bucket", bucket("+Inf"))).toBe(2);
    expect(value("clawkeep_skill_duration_seconds_sum")).toBe(31.25);
    expect(value("clawkeep_skill_queue_seconds_count")).toBe(2);
  });

  test("of ten processes at once has every one of their runs", async () => {
    const child = path.join(import.meta.dirname, "..", "..", "test", "add-metrics.ts");
    const run = promisify(execFile);
    await Promise.all(
      Array.from({ length: 10 }, () =>
        run(process.execPath, ["--conditions=source", child, file, "5"], {
          env: { NODE_COMPILE_CACHE: path.join(tmpdir(), "clawkeep-compile-cache") },
        }),
      ),
    );
    expect(value("clawkeep_skill_runs_total")).toBe(50);
    expect(value("clawkeep_skill_failures_total")).toBe(50);
    expect(value("clawkeep_skill_output_bytes_total")).toBe(350);
    expect(value("clawkeep_skill_duration_seconds_sum")).toBe(12.5);
    expect(value("clawkeep_skill_duration_seconds_count")).toBe(50);
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  }, 60_000);

  test("is readable for the group, or as the operator makes it", async () => {
    await add(sample);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    chmodSync(file, 0o644);
    await add(sample);
    expect(statSync(file).mode & 0o777).toBe(0o644);
  });

  test.each([
    ["of another program", "METRICS_FOREIGN", "# HELP up Up\n# TYPE up gauge\nup 1\n"],
    ["that is empty", "METRICS_FOREIGN", ""],
    [
      "with a sealed sample of another name",
      "METRICS_DAMAGED",
      sealMetrics('up{skill="a",action="b"} 1\n'),
    ],
    [
      "with a sealed negative count",
      "METRICS_DAMAGED",
      sealMetrics('clawkeep_skill_runs_total{skill="a",action="b"} -1\n'),
    ],
    [
      "with a sealed path as a label",
      "METRICS_DAMAGED",
      sealMetrics('clawkeep_skill_runs_total{skill="../a",action="b"} 1\n'),
    ],
    [
      "with a series twice",
      "METRICS_DAMAGED",
      sealMetrics('clawkeep_skill_runs_total{skill="a",action="b"} 1\n'.repeat(2)),
    ],
    [
      "with a bucket that is none of ours",
      "METRICS_DAMAGED",
      sealMetrics('clawkeep_skill_queue_seconds_bucket{le="7",skill="a",action="b"} 1\n'),
    ],
  ])("%s is refused and left as it is", async (_what, code, text) => {
    writeFileSync(file, text);
    await expect(openMetricsFile(file)).rejects.toMatchObject({ code });
    expect(readFileSync(file, "utf8")).toBe(text);
  });

  test("that was cut anywhere, or has one digit changed, is refused and left as it is", async () => {
    const metrics = await openMetricsFile(file);
    await metrics.add([sample]);
    const whole = readFileSync(file, "utf8");
    const lines = whole.split("\n");
    const hurt = [
      ...lines.slice(0, -1).map((_line, at) => lines.slice(0, at).join("\n")),
      whole.slice(0, -1),
      whole.replace("} 10\n", "} 11\n"),
      `${whole}\n`,
      `${whole}# more\n`,
    ];
    for (const text of hurt) {
      writeFileSync(file, text);
      await expect(metrics.add([sample])).rejects.toMatchObject({
        code: expect.stringMatching(/^METRICS_(?:DAMAGED|FOREIGN)$/u) as string,
      });
      expect(readFileSync(file, "utf8")).toBe(text);
    }
  });

  test("is not followed when it is a link", async () => {
    const target = path.join(folder, "target");
    writeFileSync(target, "kept");
    symlinkSync(target, file);
    await expect(openMetricsFile(file)).rejects.toMatchObject({ code: "METRICS_UNREADABLE" });
    expect(readFileSync(target, "utf8")).toBe("kept");
  });
});
