import { filterProgram, refusalErrors } from "../seccomp/filter-program.ts";
import type { FilterRule } from "../seccomp/filter-program.ts";
import { observedCalls } from "../seccomp/observed-calls.ts";
import type { ObservedCall } from "../seccomp/observed-calls.ts";
import type { FilterArchitecture, SystemCallRule } from "../seccomp/rules.ts";

/** How one set of rules is shared between a level's own filter and the observer. */
export interface ObservationPlan {
  /** What the level's filter must still refuse by itself. */
  readonly remaining: readonly SystemCallRule[];
  /** What the observer reads: `crates/observer/src/plan.rs`. */
  readonly bytes: Uint8Array;
}

/** It hides its arguments from a filter, so an observed run goes without it at every level. */
const ioUring: FilterRule = { numbers: { x64: 425, arm64: 425 }, error: "ENOSYS" };

/**
 * A refusal of a filter comes before its question to the observer, and the observer would never see
 * the call. So whatever is observed leaves the level's filter, and the observer refuses it in its place
 * with the same error: by number and plain arguments only, never by what a pointer leads to.
 * `starts` is how many programs are started before the one that is observed.
 */
export function observationPlan(
  rules: readonly SystemCallRule[],
  architecture: FilterArchitecture,
  starts: number,
): ObservationPlan {
  const taken = new Set<SystemCallRule>();
  const lines: string[] = [];
  const asked: FilterRule[] = [];
  for (const call of watchedCalls(rules, architecture)) {
    const number = call.numbers[architecture];
    const rule = rules.find((candidate) => refusesAllOf(candidate, call));
    if (rule !== undefined) {
      taken.add(rule);
    }
    asked.push({
      numbers: call.numbers,
      error: "ASK",
      ...(call.when === undefined ? {} : { when: call.when }),
    });
    const error = rule === undefined ? 0 : refusalErrors[rule.error];
    lines.push(`call ${number} ${call.name} ${call.kind} ${error} ${call.subjects.join(" ")}`);
  }
  const filter = Buffer.from(filterProgram([ioUring, ...asked], architecture));
  const text = [`filter ${filter.toString("hex")}`, `skip ${starts}`, ...lines];
  return {
    remaining: rules.filter((rule) => !taken.has(rule)),
    bytes: Buffer.from(`${text.join("\n")}\n`),
  };
}

/** The calls that tell something at a level with these rules. */
export function watchedCalls(
  rules: readonly SystemCallRule[],
  architecture: FilterArchitecture,
): readonly ObservedCall[] {
  return observedCalls.filter(
    (call) =>
      call.numbers[architecture] !== undefined &&
      // Where a socket is not refused, it is what it leads to that tells something.
      (call.name !== "socket" || rules.some((rule) => refusesAllOf(rule, call))),
  );
}

/** True when the rule refuses exactly the calls that are observed, or all calls of that name. */
function refusesAllOf(rule: SystemCallRule, call: ObservedCall): boolean {
  return (
    rule.name === call.name &&
    (rule.when === undefined || JSON.stringify(rule.when) === JSON.stringify(call.when))
  );
}
