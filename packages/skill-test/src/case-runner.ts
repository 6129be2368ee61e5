import type { Execution, InvocationRequest, Refusal } from "@clawkeep/skill-runtime";

/** What runs the cases: a runtime whose lock holds exactly the skill that is tested. */
export interface CaseRunner {
  invoke(request: InvocationRequest): Promise<Execution | Refusal>;
  close(): Promise<void>;
}
