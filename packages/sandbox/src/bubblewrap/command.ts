import { CodedError } from "@clawkeep/diagnostics";
import path from "node:path";

import type { GivenDescriptor } from "../launch.ts";
import { effectiveLimits } from "../limits/effective-limits.ts";
import { findLimitSetter, limitedStart, rlimitsOf } from "../limits/limited-start.ts";
import type { Observation } from "../observe/observer-launch.ts";
import type { LimitedBy } from "../outcome.ts";
import type { ExecutionPolicy } from "../policy.ts";
import type { OpenMount } from "./open-mounts.ts";
import { isSystemPath, systemPathOptions } from "./system-folders.ts";

/** What this machine's bubblewrap and kernel can do, as the probe found. */
export interface BubblewrapFeatures {
  /** `--ro-bind-fd`: roots are bound by descriptor, so that they cannot be swapped meanwhile. */
  readonly bindByDescriptor: boolean;
  /** The system call filter for this architecture, if there is one and the kernel takes it. */
  readonly filter?: Uint8Array;
}

/** The uid and gid that the process sees: nobody. Outside it stays the user that started it. */
const INSIDE_ID = "65534";
/** Where an observed run finds its first program. */
const OBSERVER = "/observer/clawkeep-observer";
const SHARED_MEMORY_BYTES = 64 * 1024 * 1024;

/** Bubblewrap's own command line and the descriptors that it reads. */
export interface BubblewrapCommand {
  readonly argv: readonly string[];
  readonly descriptors: readonly GivenDescriptor[];
  readonly limitedBy: LimitedBy;
  /** See `Launch`. */
  readonly closesDescriptors: boolean;
}

/**
 * Builds the command. The filter is the gate: bubblewrap reads it as the last thing before it starts
 * the program, and without its bytes it ends. `--die-with-parent` alone has a hole: a process inside
 * that has not asked for the signal yet when its parent dies is never told
 * (github.com/containers/bubblewrap/issues/633).
 * All options travel through a descriptor, not through argv, so that neither the
 * program inside (`/proc/1/cmdline`) nor `ps` outside sees host paths or environment values.
 * `program` holds the bytes to run when the policy names a digest.
 */
export function bubblewrapCommand(
  policy: ExecutionPolicy,
  reads: readonly OpenMount[],
  writes: readonly OpenMount[],
  features: BubblewrapFeatures,
  program?: Uint8Array,
  observation?: Observation,
): BubblewrapCommand {
  const limits = effectiveLimits(policy.limits);
  const descriptors: GivenDescriptor[] = [];
  const give = (given: GivenDescriptor): string => {
    descriptors.push(given);
    // Descriptor 3 is the option list itself.
    return String(descriptors.length + 3);
  };
  const bind = (option: string, { mount, descriptor }: OpenMount): readonly string[] => {
    if (features.bindByDescriptor) {
      return [`${option}-fd`, give({ kind: "open", descriptor }), mount.target];
    }
    return mount.descriptor === undefined
      ? [option, mount.source, mount.target]
      : [option, `/proc/self/fd/${give({ kind: "open", descriptor })}`, mount.target];
  };

  const inside =
    program === undefined
      ? insidePath(policy)
      : path.posix.join("/program", path.basename(policy.executable.path));
  const options = [
    ["--unshare-user", "--unshare-all", "--uid", INSIDE_ID, "--gid", INSIDE_ID],
    // Without a reaper of bubblewrap's own there is no moment when the program runs already and
    // its namespace is not yet tied to the parent's life.
    ["--die-with-parent", "--as-pid-1", "--new-session", "--cap-drop", "ALL"],
    ["--hostname", "sandbox"],
    systemPathOptions(),
    ["--proc", "/proc", "--dev", "/dev"],
    ["--size", String(SHARED_MEMORY_BYTES), "--tmpfs", "/dev/shm", "--remount-ro", "/dev"],
    ["--size", String(limits.tmpBytes), "--tmpfs", "/tmp"],
    ...reads.map((mount) => bind("--ro-bind", mount)),
    ...writes.map((mount) => bind("--bind", mount)),
    ...(policy.privateFiles ?? []).map(({ target, bytes }) => [
      ...["--perms", "0400"],
      ...["--ro-bind-data", give({ kind: "bytes", bytes }), target],
    ]),
    program === undefined
      ? []
      : ["--perms", "0555", "--ro-bind-data", give({ kind: "bytes", bytes: program }), inside],
    observation === undefined ? [] : ["--ro-bind", observation.observer, OBSERVER],
    ["--remount-ro", "/", "--chdir", policy.cwd, "--clearenv"],
    ...Object.entries(policy.environment).map(([name, value]) => ["--setenv", name, value]),
    features.filter === undefined
      ? []
      : ["--seccomp", give({ kind: "gate", bytes: features.filter })],
    ["--json-status-fd", give({ kind: "status" })],
  ].flat();
  const start = limitedStart(
    {
      file: inside,
      arg0: policy.arg0 ?? inside,
      argv: policy.argv,
      kept: policy.keptDescriptors ?? [],
    },
    rlimitsOf(limits, true),
    findLimitSetter(),
    (descriptor) => Number(give({ kind: "open", descriptor })),
  );
  const observer =
    observation === undefined
      ? [start.file]
      : [OBSERVER, ...observation.descriptors.map(give), start.file, start.arg0];
  const list = Buffer.from(`${options.join("\0")}\0`);
  return {
    argv: ["--args", "3", "--", ...observer, ...start.argv],
    descriptors: [{ kind: "bytes", bytes: list }, ...descriptors],
    limitedBy: start.limitedBy,
    // The observer goes on beside the program, inside.
    closesDescriptors: start.closesDescriptors && observation === undefined,
  };
}

/** Where the executable of a policy is seen from inside. */
function insidePath({ executable, readRoots, writeRoots }: ExecutionPolicy): string {
  const mounts = [...readRoots, ...writeRoots]
    .filter(({ source }) => executable.path === source || executable.path.startsWith(`${source}/`))
    .sort((a, b) => b.source.length - a.source.length);
  const mount = mounts[0];
  if (mount !== undefined) {
    return path.posix.join(mount.target, path.relative(mount.source, executable.path));
  }
  if (isSystemPath(executable.path)) {
    return executable.path;
  }
  throw new CodedError({
    code: "SANDBOX_POLICY_REFUSED",
    message: `the program ${executable.path} lies in no root, so the sandbox cannot show it`,
    hint: "give its folder as a read root, or name its digest",
  });
}
