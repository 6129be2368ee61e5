import type { HostFacts } from "./host-facts.ts";

const GB = 1e9;

/** A host for tests: a quiet Linux machine with what is said. */
export function madeUpHost(memoryGb: number, more: Partial<HostFacts> = {}): HostFacts {
  return {
    platform: "linux",
    arch: "x64",
    physicalCores: 4,
    threads: 8,
    memoryBytes: memoryGb * GB,
    swapBytes: 0,
    diskFreeBytes: 200 * GB,
    simd: ["AVX", "AVX2"],
    gpus: [],
    hasDocker: true,
    hasPodman: false,
    hasSystemd: true,
    ...more,
  };
}
