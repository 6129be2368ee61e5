import { catalogue, modelMemory } from "@clawkeep/provision-plan";

import { found } from "../check.ts";
import type { Check, Fault } from "../check.ts";
import type { Scene } from "../scene/scene.ts";
import type { Service } from "../scene/service.ts";
import { keyOf, renderAgain, serviceEvidence } from "./commands.ts";
import { ollamaModels } from "./context.ts";

/** Mebibytes with which the gateway was seen to stay alive; with 768 it was ended at 22 s. */
const leastMb = 1024;

const limitKey = (service: Service): string =>
  keyOf(service, { compose: "mem_limit", quadlet: "MemoryMax", unit: "MemoryMax" });

/** 4.1, 4.2: killed on a small server. */
export const gatewayMemory: Check = {
  id: "gateway-memory-limit",
  symptom: "the gateway is killed some seconds after its start, again and again",
  cause: "the gateway alone needs about 1 GB: under 1024 MiB the kernel ends it",
  fix: "a limit of 1024 MiB or more; 2048 is the default",
  reads: "files",
  look: (scene) => {
    const { gateway } = scene;
    if (gateway === undefined) return { doesNotApply: "no container or unit of a gateway" };
    const { memoryMb } = gateway;
    if (memoryMb === undefined || memoryMb >= leastMb) return found([]);
    const key = limitKey(gateway);
    const evidence = [serviceEvidence(gateway, [key], `${key}: ${memoryMb} MiB`)];
    return found([{ evidence, fix: renderAgain(scene, `${key} of 2048 MiB`) }]);
  },
};

/** 4.2: the heap of Node does not know of the limit. */
export const heapBeyondLimit: Check = {
  id: "heap-beyond-limit",
  symptom: "the gateway is killed under load although its heap is not full",
  cause:
    "NODE_OPTIONS allows a heap as large as the limit of memory, or larger: the kernel is first",
  fix: "--max-old-space-size of at most three quarters of the limit",
  reads: "files",
  look: (scene) => {
    const { gateway } = scene;
    if (gateway === undefined) return { doesNotApply: "no container or unit of a gateway" };
    const heap = /--max-old-space-size=([0-9]+)/u.exec(
      gateway.environment["NODE_OPTIONS"] ?? "",
    )?.[1];
    const { memoryMb } = gateway;
    if (
      heap === undefined ||
      memoryMb === undefined ||
      memoryMb < leastMb ||
      Number(heap) < memoryMb
    )
      return found([]);
    const keys = gateway.form === "compose" ? ["environment", "NODE_OPTIONS"] : ["Environment"];
    const evidence = [serviceEvidence(gateway, keys, `heap ${heap} MiB, limit ${memoryMb} MiB`)];
    return found([
      { evidence, fix: renderAgain(scene, `--max-old-space-size=${Math.floor(memoryMb * 0.75)}`) },
    ]);
  },
};

function memoryOf(scene: Scene): { readonly bytes: number; readonly swap: number } | undefined {
  const read = scene.host?.read("/proc/meminfo");
  if (read?.text === undefined) return undefined;
  const { text } = read;
  const kB = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+([0-9]+) kB`, "mu").exec(text)?.[1] ?? 0);
  const limits = [
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
  ].flatMap((file) => {
    const limit = scene.host?.read(file).text?.trim() ?? "";
    return /^[0-9]+$/u.test(limit) ? [Number(limit)] : [];
  });
  return { bytes: Math.min(kB("MemTotal") * 1024, ...limits), swap: kB("SwapTotal") * 1024 };
}

/** 4.1, 4.2, T4: a small server without swap. */
export const hostMemory: Check = {
  id: "host-memory-low",
  symptom: "the gateway or its neighbours are killed at random on a small server",
  cause: "the host has less than 2 GB and no 2 GB of swap",
  fix: "sudo fallocate -l 4G /swapfile && sudo chmod 600 /swapfile && sudo mkswap /swapfile && sudo swapon /swapfile",
  reads: "host",
  look: (scene) => {
    const memory = memoryOf(scene);
    if (memory === undefined) return { notChecked: "there is no /proc/meminfo" };
    // What a 2 GB server calls 2 GB is less: firmware and kernel take their share.
    if (memory.bytes >= 1.8e9 || memory.swap >= 2e9) return found([]);
    const value = `memory ${gigabytes(memory.bytes)}, swap ${gigabytes(memory.swap)}`;
    return found([{ evidence: [{ file: "/proc/meminfo", value }], fix: hostMemory.fix }]);
  },
};

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** 4.2, G20, L21: 36 GiB of keys and values. */
export const modelMemoryCheck: Check = {
  id: "model-beyond-memory",
  symptom: "Ollama is killed, or swaps for minutes, when the model is loaded",
  cause:
    "weights, keys and values of the context, and 2 GB for the rest are more than the host's memory",
  fix: "a smaller context or model: claw advise",
  reads: "host",
  look: (scene) => {
    const memory = memoryOf(scene);
    const { config } = scene;
    if (config === undefined) return { doesNotApply: "no openclaw.json" };
    if (memory === undefined) return { notChecked: "there is no /proc/meminfo" };
    const isHere = scene.form === "process" || scene.services.some(({ role }) => role === "ollama");
    if (!isHere) return { doesNotApply: "Ollama is not of this host" };
    const graphics = graphicsBytes(scene);
    const cache = scene.files.some(({ text }) => /OLLAMA_KV_CACHE_TYPE\W+q4_0/u.test(text))
      ? "q4_0"
      : scene.files.some(({ text }) => /OLLAMA_KV_CACHE_TYPE\W+q8_0/u.test(text))
        ? "q8_0"
        : "f16";
    return found(
      ollamaModels(config).flatMap(({ id, contextTokens, line }): readonly Fault[] => {
        const model = catalogue.find(
          ({ ref, where }) => ref === `ollama/${id}` && where === "local",
        );
        const need =
          model === undefined ? undefined : modelMemory(model, contextTokens ?? 0, cache);
        if (need === undefined || need.ramGb * 1e9 <= memory.bytes || need.vramGb * 1e9 <= graphics)
          return [];
        const value = `${id} needs ${need.ramGb.toFixed(1)} GB with ${contextTokens ?? 0} tokens, this host has ${gigabytes(memory.bytes)}`;
        return [
          {
            evidence: [{ file: config.file, line, value }],
            fix: "claw advise  # then models.primary and models.contextTokens of deploy.yaml",
          },
        ];
      }),
    );
  },
};

function graphicsBytes(scene: Scene): number {
  const asked = scene.live?.output("nvidia-smi", [
    "--query-gpu=memory.total",
    "--format=csv,noheader,nounits",
  ]);
  return (asked ?? "").split("\n").reduce((sum, line) => sum + (Number(line) || 0) * 1024 ** 2, 0);
}
