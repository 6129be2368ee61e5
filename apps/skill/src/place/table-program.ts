import { fileURLToPath } from "node:url";

/** The program that answers one question about tables: a bundle of its own, or its source. */
export const tableProgram: string = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "../table.ts" : "./table.js", import.meta.url),
);
