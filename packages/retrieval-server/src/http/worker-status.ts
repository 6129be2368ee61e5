/** A worker that died is no fault of who asked: 503 is what clients try again after. */
export function workerStatus(code: string): number | undefined {
  return code.startsWith("WORKER_") ? 503 : undefined;
}
