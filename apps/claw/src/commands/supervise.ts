import { readDefinition, supervise } from "@clawkeep/provision";

/** Keeps the process of a definition running until SIGTERM. Started by `apply --start`. */
export async function superviseFile(file: string): Promise<number> {
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());
  await supervise(readDefinition(file), stop.signal);
  return 0;
}
