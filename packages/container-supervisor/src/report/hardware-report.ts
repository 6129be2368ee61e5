import { existsSync } from "node:fs";
import { join } from "node:path";

import { advise, judgeHost } from "@clawkeep/provision-plan";
import type { HostFacts, ModelAdvice } from "@clawkeep/provision-plan";

import type { ContainerSettings } from "../settings/read-settings.ts";

/** What a container has, and what that means for its models: lines for the log (L12-L15, L21). No GPU is said as such, and is no error. */
export function hardwareReport(
  facts: HostFacts,
  settings: ContainerSettings | undefined,
): readonly string[] {
  const { arch, physicalCores, threads, cpuLimit, simd, gpus } = facts;
  const cores = `${physicalCores} physical cores, ${threads} threads${cpuLimit === undefined ? "" : `, limited to ${cpuLimit} by a cgroup`}`;
  const memory = `${gb(facts.memoryBytes)} of memory${facts.memoryLimitBytes === undefined ? "" : `, limited to ${gb(facts.memoryLimitBytes)} by a cgroup`}`;
  return [
    `architecture ${arch} (${simd.length === 0 ? "no vector instructions known" : simd.join(", ")})`,
    cores,
    `${memory}, ${gb(facts.swapBytes)} of swap, ${gb(facts.diskFreeBytes)} of disk free`,
    gpus.length === 0
      ? "no GPU: models run on the processors"
      : `GPU ${gpus.map(({ name, memoryBytes }) => `${name} with ${gb(memoryBytes)}`).join(", ")}`,
    ...(settings === undefined ? [] : advice(facts, settings)),
  ];
}

function advice(facts: HostFacts, { ollama, spec }: ContainerSettings): readonly string[] {
  // What is there needs no room any more.
  const hasModels = existsSync(join(ollama.models, "manifests"));
  const problems = judgeHost(spec, facts).filter(({ code }) => code !== "HOST_DISK" || !hasModels);
  const tooBig = problems.some(({ code }) => code === "HOST_MODEL_TOO_BIG");
  const { model, models } = advise(facts);
  const fits = models.find(({ ref }) => ref === model);
  return [
    ...problems.map(({ code, message }) => `${code}: ${message}`),
    ...(!tooBig
      ? []
      : fits === undefined
        ? ["no model of the catalogue fits here"]
        : [`a model that fits: ${variablesOf(fits)} (${fits.why})`]),
  ];
}

/** How it is chosen: a cache of fewer bits needs flash attention. */
function variablesOf({ ref, contextTokens, cache }: ModelAdvice): string {
  const quantised =
    cache === "f16" ? "" : ` OLLAMA_KV_CACHE_TYPE=${cache} OLLAMA_FLASH_ATTENTION=1`;
  return `CLAWLAMA_MODEL=${ref.slice("ollama/".length)} CLAWLAMA_CONTEXT_WINDOW=${contextTokens}${quantised}`;
}

function gb(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
