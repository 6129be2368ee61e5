/**
 * For a process that answers many questions: V8 learns what a function does from its first call on, and not from a
 * later one, so that the first hundred questions are answered by compiled code. No memory to speak of. Asked for here
 * and not imported: a cold question has no time for it.
 */
export function learnAtOnce(): void {
  process.getBuiltinModule("node:v8").setFlagsFromString("--no-lazy-feedback-allocation");
}
