import { cp } from "node:fs/promises";
import path from "node:path";

import type { Options } from "tsup";

import main from "./tsup.config.ts";

/** What runs in the single container, in one file, and the skills that its image brings. */
const config: Options = {
  ...main,
  entry: { container: "src/container-program.ts" },
  outDir: "clawkeep-container/dist",
  outExtension: () => ({ js: ".mjs" }),
  sourcemap: false,
  splitting: false,
  noExternal: [/./],
  onSuccess: async () => {
    for (const name of ["git-readonly", "local-rag"]) {
      const from = path.join(import.meta.dirname, "../../skills", name);
      const to = path.join(import.meta.dirname, "clawkeep-container/dist/skills", name);
      await cp(from, to, { recursive: true });
    }
  },
};

export default config;
