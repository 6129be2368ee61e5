import { catalogue } from "@clawkeep/provision-plan";

import { printData, printJson } from "../output/print.ts";

/** Options of `models` as they were written. */
export interface ModelsOptions {
  readonly json?: boolean;
}

/** Lists the catalogue: the one place that advice, refusals and rendering take sizes from. */
export function listModels(options: ModelsOptions): number {
  if (options.json === true) {
    printJson({ version: 1, models: catalogue });
    return 0;
  }
  for (const { ref, where, sizeGb, contextTokens, tools, use, rows } of catalogue) {
    const size = sizeGb === undefined ? where : `${sizeGb} GB`;
    const calls = tools === "yes" ? "tools" : tools === "no" ? "NO TOOLS" : "tools unproved";
    printData(`${ref}  ${size}, ${contextTokens} tokens, ${calls}; ${use} (${rows.join(", ")})`);
  }
  return 0;
}
