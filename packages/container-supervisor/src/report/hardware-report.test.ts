import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, test } from "vitest";

import { someFacts } from "../made-container.cases.ts";
import { imagePlace } from "../settings/container-place.ts";
import { readSettings } from "../settings/read-settings.ts";
import { hardwareReport } from "./hardware-report.ts";

type Facts = typeof someFacts;

function report(more: Partial<Facts>, environment: Readonly<Record<string, string>> = {}): string {
  const facts = { ...someFacts, ...more };
  const place = { ...imagePlace, mounted: "/nowhere" };
  return hardwareReport(facts, readSettings(environment, facts, place).settings).join("\n");
}

test("L12, L14: architecture, vector instructions, cores, memory and what cgroups leave of them", () => {
  const text = report({ cpuLimit: 1.5, memoryLimitBytes: 32e9 });
  expect(text).toContain("architecture x64 (AVX, AVX2)");
  expect(text).toContain("4 physical cores, 8 threads, limited to 1.5 by a cgroup");
  expect(text).toContain("64.0 GB of memory, limited to 32.0 GB by a cgroup");
});

test("L14: NEON of arm64", () => {
  expect(report({ arch: "arm64", simd: ["NEON"] })).toContain("architecture arm64 (NEON)");
});

test("L13: a GPU is named with its memory, and none is no error", () => {
  expect(report({ gpus: [{ name: "NVIDIA H100", memoryBytes: 80e9 }] })).toContain(
    "GPU NVIDIA H100 with 80.0 GB",
  );
  expect(report({})).toContain("no GPU: models run on the processors");
  expect(report({})).not.toMatch(/error|warn/iu);
});

test("L13: a GPU that is too small for the model is said, with the numbers", () => {
  const text = report({ gpus: [{ name: "small", memoryBytes: 8e9 }] });
  expect(text).toContain("HOST_MODEL_SPLIT");
  expect(text).toContain("8.0 GB");
});

test("L21: a model that does not fit is said, with the one that does and how to choose it", () => {
  const text = report({ memoryBytes: 8e9 });
  expect(text).toContain("HOST_MODEL_TOO_BIG");
  const advised = Object.fromEntries(
    [...text.matchAll(/((?:CLAWLAMA|OLLAMA)_\w+)=(\S+)/gu)].map(([, name, value]) => [name, value]),
  );
  expect(advised).toHaveProperty("CLAWLAMA_MODEL");
  expect(report({ memoryBytes: 8e9 }, advised)).not.toContain("HOST_MODEL_TOO_BIG");
});

test("L21: disk is asked for until the models are there", () => {
  const folder = mkdtempSync(join(tmpdir(), "clawkeep-models-"));
  try {
    const wanted = { OLLAMA_MODELS: folder };
    expect(report({ diskFreeBytes: 1e9 }, wanted)).toContain("HOST_DISK");
    expect(report({ diskFreeBytes: 1e9 }, wanted)).not.toContain("a model that fits");
    mkdirSync(join(folder, "manifests"));
    expect(report({ diskFreeBytes: 1e9 }, wanted)).not.toContain("HOST_DISK");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("L21: where nothing fits, that is said", () => {
  expect(report({ memoryBytes: 2e9 })).toContain("no model of the catalogue fits here");
});
