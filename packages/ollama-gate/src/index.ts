export type { GateEvent } from "./gate-rules.ts";
export { serveGate } from "./serve-gate.ts";
export type { GateListen } from "./serve-gate.ts";
