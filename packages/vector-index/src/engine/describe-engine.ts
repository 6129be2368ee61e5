import { openKernel } from "../kernel/open-kernel.ts";
import { chooseEngine, whyNoNativeEngine } from "./choose-engine.ts";
import type { EngineDescription } from "./choose-engine.ts";

/**
 * Says which engine searches and builds in this process, and with which instructions.
 *
 * @param choice Default: `CLAWKEEP_ENGINE` of the environment, else `auto`.
 * @throws CodedError `VECTOR_ENGINE`.
 */
export function describeEngine(choice?: string): EngineDescription {
  const addon = chooseEngine(choice);
  if (addon !== undefined) {
    return { engine: "native", kernel: addon.kernels().split(",")[0] ?? "scalar" };
  }
  const { name } = openKernel({ rows: 1, dimensions: 1 });
  const why = whyNoNativeEngine();
  return { engine: "portable", kernel: name, ...(why === undefined ? {} : { why }) };
}
