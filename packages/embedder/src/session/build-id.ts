import { closeSync, openSync, readSync } from "node:fs";

import { pinnedVersion } from "./onnx-runtime.ts";

/** Changes when this package's way of running a model could change the bytes of a vector. */
const encoderVersion = 1;

/** Instruction sets by which ONNX Runtime's kernels are chosen, as /proc/cpuinfo names them. */
const kernelFlags: readonly string[] =
  "avx avx2 fma avx512f avx512bw avx512_vnni avx_vnni amx_int8 asimd asimddp i8mm sve".split(" ");

/**
 * The native encoder gives the same bytes on every machine: only its own version names them. Raise it with
 * every change of its arithmetic, `encoderVersion` with what both engines are given.
 */
export const nativeBuildId: string = `clawkeep-native-${encoderVersion}.2`;

/**
 * Names what computes the bytes with ONNX Runtime: this encoder, the runtime's version, the platform, and the instruction
 * sets that choose its kernels, where the system tells them (Linux).
 */
export function onnxBuildId(): string {
  const flags = processorFlags();
  const known = kernelFlags.filter((flag) => flags.has(flag));
  const platform = [process.platform, process.arch, ...known].join("-");
  return `clawkeep-onnx-${encoderVersion}/onnxruntime-${pinnedVersion}/${platform}`;
}

function processorFlags(): ReadonlySet<string> {
  if (process.platform !== "linux") {
    return new Set();
  }
  try {
    // The first processor's entry is enough, and reading more takes longer the more there are.
    const file = openSync("/proc/cpuinfo", "r");
    try {
      const block = Buffer.alloc(8192);
      const text = block.toString("latin1", 0, readSync(file, block, 0, block.length, 0));
      return new Set(/^(?:flags|Features)\s*:(.*)$/mu.exec(text)?.[1]?.trim().split(/\s+/u));
    } finally {
      closeSync(file);
    }
  } catch {
    return new Set();
  }
}
