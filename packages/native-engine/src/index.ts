export type { EncoderAddon, EncoderHandle } from "./encoder-addon.ts";
export type { FaultReport } from "./fault-report.ts";
export { loadAddon, nativeAddon } from "./find-addon.ts";
export type { FoundAddon, NativeAddon } from "./find-addon.ts";
export type { EngineHandle, VectorAddon } from "./vector-addon.ts";
