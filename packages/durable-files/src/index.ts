export type { FaultDetail, FaultHook } from "./fault-hook.ts";
