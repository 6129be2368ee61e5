import type { Action } from "@clawkeep/skill-format";

/** True when runs of an action may share a process: none is kept that holds a secret or a connection. */
export function hasResidentForm({ execution, services, secrets }: Action): boolean {
  return execution === "resident" && services.length === 0 && Object.keys(secrets).length === 0;
}
