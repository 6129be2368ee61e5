import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import path from "node:path";

import { runOrThrow } from "../../../scripts/real/cold-query/peers.ts";
import { cacheFolder } from "../../../scripts/real/cache.ts";

/** The folder with the model as the JavaScript libraries want it, exported once from the same weights. */
export function minilmOnnx(python: string, script: string): string {
  const digest = createHash("sha256").update(readFileSync(script)).digest("hex").slice(0, 16);
  const folder = cacheFolder("bench", `minilm-${digest}`);
  if (!existsSync(folder)) {
    const temporary = `${folder}.tmp`;
    rmSync(temporary, { recursive: true, force: true });
    runOrThrow(python, [script, temporary]);
    renameSync(temporary, folder);
  }
  return path.resolve(folder);
}
