import { findModel } from "../catalogue/models.ts";
import { headroomGb, modelMemory } from "../catalogue/model-memory.ts";
import type { CacheType } from "../catalogue/model-memory.ts";
import type { HostFacts } from "../host/host-facts.ts";
import { contextOf, modelsOf } from "../openclaw/render-models.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";

/** Why something cannot work on a host, or why it will be slow, with the numbers and where the rule comes from. */
export interface HostProblem {
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly rows: readonly string[];
}

/** Least memory of a host, decimal gigabytes: what a vendor calls 2 GB shows itself as less. */
const least = { container: 3.6, comfortable: 7.2, gateway: 1.7, browser: 3.6 } as const;

/** Memory that a deployment can use: the host's, or what a cgroup leaves of it. */
export function usableGb(host: HostFacts): number {
  return (host.memoryLimitBytes ?? host.memoryBytes) / 1e9;
}

/** Everything that speaks against running a spec on this host. */
export function judgeHost(spec: DeploymentSpec, host: HostFacts): readonly HostProblem[] {
  return [...judgeGateway(spec, host), ...judgeModels(spec, host)];
}

function judgeGateway(spec: DeploymentSpec, host: HostFacts): readonly HostProblem[] {
  const problems: HostProblem[] = [];
  const memory = usableGb(host);
  const swap = host.swapBytes / 1e9;
  const say = (
    code: string,
    severity: HostProblem["severity"],
    message: string,
    ...rows: readonly string[]
  ): void => {
    problems.push({ code, severity, message, rows });
  };
  const has = `this host has ${gb(memory)}`;
  if (memory < least.gateway) {
    say("HOST_MEMORY", "error", `a gateway needs ${gb(least.gateway)}, ${has}`, "T4", "T6");
  } else if (memory < least.container && spec.profile.gateway === "container") {
    say(
      "HOST_MEMORY_FOR_CONTAINERS",
      "error",
      `containers beside a gateway need ${gb(least.container)}, ${has}: take profile vps`,
      "T5",
    );
  } else if (memory < least.container && swap < 3.6) {
    say(
      "HOST_SWAP",
      "error",
      `a gateway on ${gb(memory)} needs 4 GB of swap, this host has ${gb(swap)}`,
      "T4",
    );
  } else if (memory < least.comfortable) {
    say("HOST_MEMORY_TIGHT", "warning", `8 GB are recommended, ${has}`, "T6");
  }
  const cpus = Math.min(host.cpuLimit ?? host.threads, host.threads);
  if (cpus < 2) say("HOST_CPU", "error", `2 processors are needed, this host has ${cpus}`, "T6");
  else if (cpus < 4) {
    say("HOST_CPU_FEW", "warning", `4 processors are recommended, this host has ${cpus}`, "T6");
  }
  const disk = host.diskFreeBytes / 1e9;
  const needed = 5 + downloadGb(spec);
  if (disk < needed) {
    say(
      "HOST_DISK",
      "error",
      `${gb(needed)} of disk are needed (5 GB for OpenClaw, the rest for models), ${gb(disk)} are free`,
      "G27",
      "T6",
    );
  }
  return problems;
}

function downloadGb(spec: DeploymentSpec): number {
  if (spec.profile.ollama === "none" || spec.models.endpoint !== undefined) return 0;
  return modelsOf(spec).reduce((sum, ref) => sum + (findModel(ref)?.sizeGb ?? 0), 0);
}

function judgeModels(spec: DeploymentSpec, host: HostFacts): readonly HostProblem[] {
  if (spec.models.endpoint !== undefined) return [];
  const cache = cacheTypeOf(spec);
  return modelsOf(spec).flatMap((ref): readonly HostProblem[] => {
    const model = findModel(ref);
    if (model === undefined || model.where !== "local") return [];
    const tokens = contextOf(spec, ref);
    const needs = modelMemory(model, tokens, cache);
    if (needs === undefined) return [];
    const memory = usableGb(host);
    const graphics = largestGpuGb(host);
    if (graphics >= needs.vramGb) return [];
    const sum = `${gb(needs.weightsGb)} of weights, ${gb(needs.cacheGb)} for ${tokens} tokens (${cache}), ${gb(headroomGb)} for the rest`;
    if (memory < needs.ramGb) {
      return [
        {
          code: "HOST_MODEL_TOO_BIG",
          severity: "error",
          message: `${ref} needs ${gb(needs.ramGb)} (${sum}), this host has ${gb(memory)}${graphics > 0 ? ` and ${gb(graphics)} of graphics memory` : ""}`,
          rows: ["G20", "L21", "T5", "T17"],
        },
      ];
    }
    if (graphics === 0) return [];
    return [
      {
        code: "HOST_MODEL_SPLIT",
        severity: "warning",
        message: `${ref} needs ${gb(needs.vramGb)} of graphics memory, the largest GPU has ${gb(graphics)}: part of it runs on processors`,
        rows: ["G20", "L13"],
      },
    ];
  });
}

/** How the spec has Ollama keep its context. */
export function cacheTypeOf(spec: DeploymentSpec): CacheType {
  const written = spec.ollama["OLLAMA_KV_CACHE_TYPE"];
  return written === "q8_0" || written === "q4_0" ? written : "f16";
}

/** One model is on one GPU unless Ollama is told to spread it. */
function largestGpuGb(host: HostFacts): number {
  return Math.max(0, ...host.gpus.map(({ memoryBytes }) => memoryBytes)) / 1e9;
}

/** `12.3 GB`, decimal. */
export function gb(value: number): string {
  return `${value.toFixed(1)} GB`;
}
