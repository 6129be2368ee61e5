import type { GivenDescriptor, Launch } from "../launch.ts";
import type { SandboxLevel } from "../level.ts";
import type { ExecutionPolicy } from "../policy.ts";
import type { SystemCallRule } from "../seccomp/rules.ts";
import { filterArchitecture } from "./filter-architecture.ts";
import { findObserver } from "./find-observer.ts";
import type { Journal } from "./journal.ts";
import { observationPlan } from "./observation-plan.ts";
import { readJournal } from "./read-journal.ts";

/** What a run that is observed by our own supervisor needs. */
export interface Observation {
  /** Host path of the observer. */
  readonly observer: string;
  /** What the level's own filter must still refuse. */
  readonly remaining: readonly SystemCallRule[];
  /** For the observer's first two arguments, in this order. */
  readonly descriptors: readonly [GivenDescriptor, GivenDescriptor];
  readonly read: (journal: string) => Journal;
}

/** An observation, or why there is none. */
export type ObservationOrNot = Observation | { readonly why: string };

/**
 * Plans the observation of one run at a level with these rules. `starts` is how many programs are started
 * before the one that is observed, such as one that sets limits; `privateFolders` are the
 * folders, as seen inside, where the program may write and that are gone afterwards.
 */
export function planObservation(
  policy: ExecutionPolicy,
  level: SandboxLevel,
  rules: readonly SystemCallRule[],
  starts: number,
  privateFolders: readonly string[],
): ObservationOrNot {
  const architecture = filterArchitecture();
  const observer = findObserver();
  if (architecture === undefined) {
    return { why: `there is no table of system calls for ${process.arch}` };
  }
  if ("why" in observer) {
    return { why: observer.why };
  }
  const plan = observationPlan(rules, architecture, starts);
  return {
    observer: observer.path,
    remaining: plan.remaining,
    descriptors: [{ kind: "bytes", bytes: plan.bytes }, { kind: "journal" }],
    read: (journal) => readJournal(journal, policy, level, privateFolders),
  };
}

/** Puts the observer before a launch, outside of whatever the launched program confines itself with. */
export function observeFromOutside(launch: Launch, observation: Observation): Launch {
  // Descriptors of a child start at 3.
  const first = launch.descriptors.length + 3;
  return {
    ...launch,
    file: observation.observer,
    arg0: "clawkeep-observer",
    argv: [String(first), String(first + 1), launch.file, launch.arg0, ...launch.argv],
    descriptors: [...launch.descriptors, ...observation.descriptors],
    readJournal: observation.read,
    // The observer goes on beside the program.
    closesDescriptors: false,
  };
}

/** Whether the policy asks for the observer of our own. */
export function wantsObserver({ observe }: Pick<ExecutionPolicy, "observe">): boolean {
  return observe === true || observe === "seccomp";
}
