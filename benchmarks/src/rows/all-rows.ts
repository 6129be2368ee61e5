import { annLargest, annReal, annStress } from "./ann.ts";
import { batch } from "./batch.ts";
import { build } from "./build.ts";
import { coldQuery } from "./cold-query.ts";
import { growth } from "./growth.ts";
import { incremental } from "./incremental.ts";
import { indexing } from "./indexing.ts";
import { memory } from "./memory.ts";
import { open } from "./open.ts";
import { quality } from "./quality.ts";
import type { Row } from "./row.ts";
import { warmQuery } from "./warm-query.ts";

/** Every row, in the order in which they are run and reported. */
export const allRows: readonly Row[] = [
  indexing,
  coldQuery,
  warmQuery,
  annReal,
  annStress,
  build,
  open,
  memory,
  incremental,
  batch,
  growth,
  quality,
  annLargest,
];
