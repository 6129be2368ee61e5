import { cpSync, existsSync } from "node:fs";

import type { Options } from "tsup";

const common: Options = {
  format: "esm",
  dts: false,
  target: "node24",
  // `sqlite` without `node:` is another module, that is not there.
  removeNodeProtocol: false,
  // One file tree without workspace packages: what is locked and shipped is what was tested.
  noExternal: [/^@clawkeep\//],
  // Bundled from their sources, so that the bundle never holds yesterday's build of a package.
  esbuildOptions: (options) => {
    options.conditions = ["source"];
  },
  // gray-matter is CommonJS and asks for `fs` by require, which an ES module does not have.
  banner: {
    js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
  },
};

const main: Options = {
  ...common,
  entry: ["src/main.ts"],
  sourcemap: true,
  clean: ["!table.js"],
  // The launcher and the observer are looked for beside the code that starts them.
  onSuccess: async () => {
    for (const folder of ["prebuilt", "native"]) {
      const programs = `../../packages/sandbox/${folder}`;
      if (existsSync(programs)) {
        cpSync(programs, `dist/${folder}`, { recursive: true });
      }
    }
  },
};

// A program of its own in one file: skills.lock names its bytes, and no others.
const table: Options = {
  ...common,
  entry: ["src/table.ts"],
  sourcemap: false,
  splitting: false,
  clean: false,
  noExternal: [/./],
};

/** Another program, in a folder with a manifest of its own. */
const auditReport: Options = {
  ...table,
  entry: ["src/audit-report.ts"],
  outDir: "clawkeep-audit-report/dist",
  outExtension: () => ({ js: ".mjs" }),
};

const config: Options[] = [main, table, auditReport];

export default config;
