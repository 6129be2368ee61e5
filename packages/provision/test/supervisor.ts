/** A supervisor: keeps the service of the file that it is told until SIGTERM. */
import { readDefinition } from "../src/supervise/service-definition.ts";
import { supervise } from "../src/supervise/supervise.ts";

const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
await supervise(readDefinition(process.argv[2] ?? ""), stop.signal);
