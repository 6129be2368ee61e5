// The entry of `npm start`, `npm test`, `npm run test:real` and `npm run bench` on a machine that may have nothing but
// Node 20, npm and git. It uses no dependency, because it is what installs them.
import { spawn } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { buildNative } from "./setup/native.mjs";
import { build, prepare } from "./setup/prepare.mjs";
import { stop } from "./setup/say.mjs";
import { toolEnvironment } from "./setup/tools.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const [verb, ...rest] = process.argv.slice(2);

const entries = {
  start: "scripts/main-job/main.ts",
  test: "scripts/test/main.ts",
  "test-real": "scripts/real/main.ts",
  bench: "benchmarks/src/main.ts",
};

const entry = entries[verb ?? ""];
if (entry === undefined) {
  stop(
    `unknown command ${String(verb)}: use npm start, npm test, npm run test:real -- STAGE or npm run bench.`,
  );
}
const node = prepare(root);
buildNative(root);
build(root);

// The child is a member of our process group, so Ctrl-C reaches it directly: wait for its own ending.
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {});
}
const child = spawn(node, ["--conditions=source", path.join(root, entry), ...rest], {
  cwd: process.cwd(),
  env: toolEnvironment(root),
  stdio: "inherit",
});
child.on("error", (error) => stop(`cannot start ${node}: ${error.message}`));
child.on("exit", (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 130;
});
