#!/usr/bin/env node
// The first line of `pnpm build-model`; the rest is TypeScript, which an older Node cannot start.
if (!process.features.typescript) {
  console.error(
    `build-model: expected Node 24.16 or later, got ${process.version}; run it as "pnpm build-model"`,
  );
  process.exit(2);
}
const { buildModel } = await import("./build/build-model.ts");
process.exitCode = await buildModel(process.argv.slice(2));
