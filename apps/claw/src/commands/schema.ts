import { printableJson } from "@clawkeep/diagnostics";
import { deployJsonSchema } from "@clawkeep/provision-plan";

import { printData } from "../output/print.ts";

/** Prints the JSON Schema of deploy.yaml, for editors. */
export function printSchema(): number {
  printData(printableJson(deployJsonSchema(), 2));
  return 0;
}
