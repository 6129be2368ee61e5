import { runRoutes } from "./run-routes.ts";

/** The canary: the same routes with the newest release. It tells what will break; nothing waits for it. */
process.exitCode = await runRoutes(import.meta.filename, "latest");
