import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import path from "node:path";

/** What a figure was measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** Instruction sets that change which kernels run. */
  readonly features: readonly string[];
}

export function describeMachine(): Machine {
  const features = ["avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8"];
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    features: features.filter((name) => new RegExp(`\\b${name}\\b`, "u").test(cpuFlags())),
  };
}

/** Writes `benchmarks/runs/<date>-<cpu>/<name>.{md,json}`: the table that people read and the raw numbers. */
export function keepRun(root: string, name: string, text: string, data: unknown): string {
  const cpu = describeMachine()
    .cpu.toLowerCase()
    .replace(/[^a-z0-9]+/gu, "-")
    .replace(/^-|-$/gu, "");
  const date = new Date().toISOString().slice(0, 10);
  const folder = path.join(root, "benchmarks", "runs", `${date}-${cpu}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, `${name}.md`), text);
  writeFileSync(path.join(folder, `${name}.json`), `${JSON.stringify(data, null, 2)}\n`);
  return folder;
}

function cpuFlags(): string {
  try {
    return readFileSync("/proc/cpuinfo", "utf8");
  } catch {
    return "";
  }
}
