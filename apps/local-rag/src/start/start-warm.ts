/* A program of its own: only a query that starts a service loads what starts processes. */
export { levelAllocator, serviceHeap } from "../governor/level-process.ts";
export { startService } from "@clawkeep/service";
