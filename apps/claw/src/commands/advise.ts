import { escapeForTerminal } from "@clawkeep/diagnostics";
import { advise, readHostFacts } from "@clawkeep/provision-plan";
import type { HostFacts } from "@clawkeep/provision-plan";

import { printData, printJson } from "../output/print.ts";
import { thisHost } from "../place/host-reader.ts";

/** Options of `advise` as they were written. */
export interface AdviseOptions {
  readonly json?: boolean;
}

/** Reads this machine and says what to run on it, with numbers and where each rule comes from. */
export function adviseHost(options: AdviseOptions): number {
  const host = readHostFacts(thisHost());
  const advice = advise(host);
  if (options.json === true) {
    printJson({ version: 1, host, advice });
    return 0;
  }
  printData(`host     ${escapeForTerminal(hostText(host))}`);
  printData(`profile  ${advice.profile}`);
  printData(`model    ${advice.model}, ${advice.contextTokens} tokens, cache ${advice.cache}`);
  for (const { text, rows } of advice.reasons) printData(`  ${text} (${rows.join(", ")})`);
  printData("local models:");
  for (const { ref, fits, why, rows } of advice.models) {
    printData(`  ${fits ? "fits" : "no  "} ${ref}: ${why} (${rows.join(", ")})`);
  }
  return 0;
}

function hostText(host: HostFacts): string {
  const gb = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  return [
    `${host.platform} ${host.arch}`,
    `${host.physicalCores} cores, ${host.threads} threads${host.cpuLimit === undefined ? "" : `, limited to ${host.cpuLimit}`}`,
    `${gb(host.memoryBytes)} of memory${host.memoryLimitBytes === undefined ? "" : `, limited to ${gb(host.memoryLimitBytes)}`}`,
    `${gb(host.swapBytes)} of swap`,
    `${gb(host.diskFreeBytes)} of disk free`,
    host.gpus.length === 0
      ? "no GPU"
      : host.gpus.map(({ name, memoryBytes }) => `${name} (${gb(memoryBytes)})`).join(", "),
    ...(host.simd.length === 0 ? [] : [host.simd.join(" ")]),
  ].join(", ");
}
