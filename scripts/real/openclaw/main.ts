import { runRoutes } from "./run-routes.ts";

/** The pinned release of OpenClaw, by every route of docs/openclaw.md. */
process.exitCode = await runRoutes(import.meta.filename);
