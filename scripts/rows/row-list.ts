import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";

import { z } from "zod";

/**
 * What can show a row: R rendering and judging, P a process here, D a Docker daemon, N a network, H hardware or a host
 * of its own, X paper.
 */
export type RowClass = "R" | "P" | "D" | "N" | "H" | "X";

/** One requirement, in our words. */
export interface Row {
  readonly id: string;
  readonly classes: readonly RowClass[];
  readonly what: string;
}

/** The 120 requirements, and the digest that says which list a table was made from. */
export interface RowList {
  readonly rows: readonly Row[];
  readonly digest: string;
}

const shape: z.ZodType<{ readonly rows: readonly Row[] }> = z.strictObject({
  rows: z.array(
    z.strictObject({
      id: z.string().regex(/^[CGLTS][1-9][0-9]?$/u),
      classes: z.array(z.enum(["R", "P", "D", "N", "H", "X"])).min(1),
      what: z.string().regex(/^[^|\n]{5,120}$/u),
    }),
  ),
});

/** @throws what zod and JSON throw; Error for an id that is there twice */
export function readRows(): RowList {
  const bytes = readFileSync(path.join(import.meta.dirname, "rows.json"));
  const { rows } = shape.parse(JSON.parse(bytes.toString("utf8")));
  const twice = rows.find(({ id }, at) => rows.findIndex((one) => one.id === id) !== at);
  if (twice !== undefined) throw new Error(`${twice.id} is there twice`);
  return { rows, digest: createHash("sha256").update(bytes).digest("hex") };
}
