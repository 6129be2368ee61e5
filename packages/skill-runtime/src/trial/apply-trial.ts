import type { ExecutionPolicy, Mount, SandboxLevel } from "@clawkeep/sandbox";
import path from "node:path";

import { shakenPlace } from "./trial.ts";
import type { Trial } from "./trial.ts";

/** Writes its arguments, each ended by NUL, one more NUL, and its standard input. */
const echoScript = `for one in "$@"; do printf '%s\\0' "$one"; done; printf '\\0'; exec cat`;

/** What of a policy's argv is the program itself. */
export interface TrialProgram {
  /** How many elements stand before the action's own arguments. */
  readonly argvLength: number;
  /** Kind of the interpreter, if there is one. */
  readonly interpreter?: string;
}

/** What an echo may write: every argument and standard input at their limits. */
const maxEchoBytes: number = 8 * 1024 * 1024;

/** The policy of a run with what a test changes about it. Pure; a run without a trial is not touched. */
export function applyTrial(
  policy: ExecutionPolicy,
  level: SandboxLevel,
  program: TrialProgram,
  trial: Trial | undefined,
): ExecutionPolicy {
  if (trial === undefined) return policy;
  const observed = trial.observe === true ? { ...policy, observe: true } : policy;
  if (trial.echo === true) {
    return {
      ...observed,
      executable: { path: "/bin/sh" },
      argv: ["-c", echoScript, "sh", ...policy.argv.slice(program.argvLength)],
      limits: { ...policy.limits, stdoutBytes: maxEchoBytes },
    };
  }
  const { shakes } = trial;
  if (shakes === undefined) return observed;
  const mounted = level === "bubblewrap";
  const folders = [
    ...(shakes.home === undefined ? [] : [{ name: "home", source: shakes.home }]),
    ...(shakes.cwd === undefined ? [] : [{ name: "folder", source: shakes.cwd }]),
  ].map(({ name, source }) => ({
    name,
    mount: { source, target: mounted ? `${shakenPlace}/${name}` : source },
  }));
  const at = (name: string): string | undefined =>
    folders.find((folder) => folder.name === name)?.mount.target;
  const home = at("home");
  const variables = Object.entries({
    ...policy.environment,
    ...shakes.environment,
    ...(home === undefined ? {} : { HOME: home }),
  });
  const own = shakes.interpreterArguments?.[program.interpreter ?? ""] ?? [];
  return wrap(
    {
      ...observed,
      argv: [...own, ...policy.argv],
      cwd: at("folder") ?? policy.cwd,
      environment: Object.fromEntries(
        shakes.reverseEnvironment === true ? variables.toReversed() : variables,
      ),
      writeRoots: [...policy.writeRoots, ...folders.map(({ mount }) => mount)],
    },
    level,
    shakes.umask,
    shakes.processor,
  );
}

/** What only the process itself can change about itself, before it becomes the program. */
function wrap(
  policy: ExecutionPolicy,
  level: SandboxLevel,
  umask: number | undefined,
  processor: number | undefined,
): ExecutionPolicy {
  if (umask === undefined && processor === undefined) return policy;
  const script = [
    ...(umask === undefined ? [] : [`umask ${umask.toString(8).padStart(4, "0")}`]),
    processor === undefined ? 'exec "$@"' : `exec /usr/bin/taskset -c ${processor.toFixed(0)} "$@"`,
  ].join("; ");
  return {
    ...policy,
    executable: { path: "/bin/sh" },
    argv: ["-c", script, "sh", pathInside(policy, level), ...policy.argv],
  };
}

/** The path under which the program sees its own executable. */
function pathInside(policy: ExecutionPolicy, level: SandboxLevel): string {
  const { path: file } = policy.executable;
  if (level !== "bubblewrap") return file;
  const holds = ({ source }: Mount): boolean => file === source || file.startsWith(`${source}/`);
  const mount = [...policy.readRoots, ...policy.writeRoots]
    .filter(holds)
    .toSorted((a, b) => b.source.length - a.source.length)[0];
  return mount === undefined
    ? file
    : path.posix.join(mount.target, path.relative(mount.source, file));
}
