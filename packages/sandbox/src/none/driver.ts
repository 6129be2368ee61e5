import { CodedError } from "@clawkeep/diagnostics";
import { makeOwnedFolder } from "@clawkeep/durable-files";
import { accessSync, constants, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { executableBytes } from "../executable-bytes.ts";
import { effectiveLimits } from "../limits/effective-limits.ts";
import { findLimitSetter, limitedStart, rlimitsOf } from "../limits/limited-start.ts";
import type { Driver, GivenDescriptor, Launch } from "../launch.ts";
import { observeFromOutside, planObservation, wantsObserver } from "../observe/observer-launch.ts";
import { observeByStrace } from "../observe/strace/observe-by-strace.ts";
import type { ExecutionPolicy } from "../policy.ts";

const notCovered: readonly string[] = [
  "files: the process can read and write whatever its user can",
  "network and Unix sockets are open",
  "other processes of the same user can be seen and signalled",
  "a process that leaves the process group outlives the run",
  "the process is not killed when the runtime itself is killed",
];

/** No confinement: no shell, a cleared environment, a process group of its own, and the limits. */
export const noneDriver: Driver = {
  level: "none",
  detect: () => Promise.resolve({ level: "none", available: true, notCovered }),
  prepare,
};

async function prepare(policy: ExecutionPolicy): Promise<Launch> {
  const arg0 = policy.arg0 ?? policy.executable.path;
  let file = policy.executable.path;
  let folder: string | undefined;
  if (policy.executable.digest === undefined) {
    try {
      accessSync(file, constants.X_OK);
    } catch (cause) {
      throw new CodedError({
        code: "SANDBOX_EXECUTABLE_MISSING",
        message: `${file} is not a program that can be run`,
        cause,
      });
    }
  } else {
    const bytes = await executableBytes(policy.executable);
    folder = makeOwnedFolder(tmpdir(), "clawkeep_program");
    file = path.join(folder, path.basename(file));
    writeFileSync(file, bytes, { mode: 0o500, flag: "wx" });
  }
  const found = findLimitSetter();
  // `prlimit` cannot give a program another name.
  const setter = found?.kind === "prlimit" && arg0 !== policy.executable.path ? undefined : found;
  const descriptors: GivenDescriptor[] = [];
  const start = limitedStart(
    { file, arg0, argv: policy.argv, kept: policy.keptDescriptors ?? [] },
    rlimitsOf(effectiveLimits(policy.limits), false),
    setter,
    (descriptor) => descriptors.push({ kind: "open", descriptor }) + 2,
  );
  const launch: Launch = {
    file: start.file,
    arg0: start.arg0,
    argv: start.argv,
    cwd: policy.cwd,
    environment: policy.environment,
    descriptors,
    insidePid: () => undefined,
    programRan: () => true,
    limitedBy: start.limitedBy,
    closesDescriptors: start.closesDescriptors,
    notes: ["level none: nothing of the machine was hidden from the program"],
    dispose: () => {
      if (folder !== undefined) {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
  const starts = setter === undefined ? 0 : 1;
  const observation = wantsObserver(policy)
    ? planObservation(policy, "none", [], starts, [])
    : undefined;
  return observation === undefined || "why" in observation
    ? observeByStrace(launch, policy, "none", [], starts, [], observation)
    : observeFromOutside(launch, observation);
}
