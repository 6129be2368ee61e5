import { spawnSync } from "node:child_process";
import path from "node:path";

/** Rebuilds the shipped model from the published weights; a byte that differs is a failure. */
const root = path.dirname(path.dirname(import.meta.dirname));
const result = spawnSync(
  process.execPath,
  [path.join(root, "packages/model-minilm/scripts/build-model.mjs"), "--check"],
  { cwd: root, stdio: "inherit" },
);
process.exitCode = result.status ?? 1;
