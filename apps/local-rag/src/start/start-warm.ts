/* A program of its own: only a query that starts a service loads what starts processes. */
export { startService } from "@clawkeep/service";
