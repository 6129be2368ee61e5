import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import path from "node:path";

import { cacheFolder } from "./cache.ts";

/**
 * Rebuilds the shipped model from the published weights, where a byte that differs is a failure, and runs the
 * embedder's tests against the fp32 graph that is built the same way.
 */
const root = path.dirname(path.dirname(import.meta.dirname));
const oracle = cacheFolder("model-minilm", "oracle.fp32.onnx");
mkdirSync(path.dirname(oracle), { recursive: true });

const build = path.join(root, "packages/model-minilm/scripts/build-model.mjs");
const steps: readonly (readonly [string, readonly string[], string])[] = [
  [process.execPath, [build, "--check"], root],
  [process.execPath, [build, "--fp32", oracle], root],
  ["vitest", ["run"], path.join(root, "packages/embedder")],
];

process.exitCode = 0;
for (const [command, args, cwd] of steps) {
  const result = spawnSync(command, args, {
    cwd,
    stdio: "inherit",
    env: { ...process.env, CLAWKEEP_FP32_MODEL: oracle },
  });
  if (result.status !== 0) {
    process.exitCode = 1;
    break;
  }
}
