import { statSync } from "node:fs";
import path from "node:path";

import type { Release } from "@clawkeep/service";

/** Version of this program; `package.json` has the same, and a test compares them. */
export const version = "0.1.0";

/** The executable's file, in the built program and in its sources. */
export const mainProgram: string = import.meta.url.endsWith(".ts")
  ? path.join(import.meta.dirname, "../main.ts")
  : path.join(import.meta.dirname, "main.js");

/** What this program says of itself to a service, and a service of itself. */
export function ownRelease(): Release {
  return { version, built: Math.floor(statSync(mainProgram).mtimeMs) };
}
