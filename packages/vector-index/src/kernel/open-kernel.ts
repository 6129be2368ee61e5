import { CodedError } from "@clawkeep/diagnostics";

import type { CodeKernel, KernelShape } from "./code-kernel.ts";
import { openJavascriptKernel } from "./javascript-kernel.ts";
import { openWasmKernel } from "./wasm-kernel.ts";

/** The fastest kernel that this process can run. @throws CodedError `VECTOR_MEMORY`. */
export function openKernel(shape: KernelShape): CodeKernel {
  try {
    return openWasmKernel(shape) ?? openJavascriptKernel(shape);
  } catch (cause) {
    throw new CodedError({
      code: "VECTOR_MEMORY",
      message: `${shape.rows} vectors of ${shape.dimensions} dimensions do not fit in memory`,
      hint: "split the index",
      cause,
    });
  }
}
