export type { Execution, ExitMeaning, OutputState, Refusal } from "./execution.ts";
export type { CallerClaim, InvocationRequest, RawArguments } from "./invocation-request.ts";
