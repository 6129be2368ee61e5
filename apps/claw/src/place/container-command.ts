import path from "node:path";
import process from "node:process";

import { CodedError } from "@clawkeep/diagnostics";
import type { ProgramRun } from "@clawkeep/provision";

import type { Operated } from "./operated.ts";

/** OpenClaw where its image has it. */
const program = "/usr/local/bin/openclaw";

/**
 * A command of OpenClaw in the gateway's container. One that writes the configuration gets a container of its own, that
 * of the service `cli`, since the gateway's has it read-only.
 *
 * @throws CodedError `OPERATE_CONFIG_FIXED` for Quadlets, which have no such container
 */
export function containerCommand(
  operated: Operated,
  args: readonly string[],
  { writes }: { readonly writes: boolean },
): ProgramRun {
  const { card } = operated;
  if (!writes) return inGateway(operated, [program, ...args]);
  if (card.profile === "podman") {
    throw new CodedError({
      code: "OPERATE_CONFIG_FIXED",
      message: `expected a container that may write ${card.config}, got Quadlets, of which none may`,
      hint: `Write it into ${card.spec}, then: claw apply ${card.spec}`,
    });
  }
  const run = ["--profile", "cli", "run", "--rm", "--no-deps", ...terminal("compose"), "cli"];
  return engine(operated, [...compose(operated), ...run, ...args]);
}

/** A program in the gateway's container. */
export function inGateway(
  operated: Operated,
  command: readonly string[],
  input?: string,
): ProgramRun {
  const { card } = operated;
  const args =
    card.profile === "podman"
      ? ["exec", ...terminal("podman", input), `claw-${card.name}-gateway`]
      : [...compose(operated), "exec", ...terminal("compose", input), "gateway"];
  return { ...engine(operated, [...args, ...command]), ...(input === undefined ? {} : { input }) };
}

/**
 * The same for one that reads a text from the file `/dev/stdin`. What is given to a container on standard input is a
 * pipe of the engine's user, which another user cannot open by that name, so that it is put into a file of its own.
 */
export function containerMessage(
  operated: Operated,
  args: readonly string[],
  text: string,
): ProgramRun {
  const command = args.map((word) => (word === "/dev/stdin" ? messageFile : word));
  return inGateway(operated, ["/bin/sh", "-c", keepMessage, "claw", program, ...command], text);
}

/** Its name is known to the script alone. */
const messageFile = "@message";

/** A constant: everything that varies comes as an argument, and no argument is read as a script. */
export const keepMessage: string = [
  "umask 077",
  "file=$(mktemp /tmp/claw-message.XXXXXXXX) || exit 2",
  `trap 'rm -f "$file"' EXIT`,
  'cat > "$file" || exit 2',
  "count=$#",
  'while [ "$count" -gt 0 ]; do',
  "  word=$1; shift; count=$((count - 1))",
  `  if [ "$word" = ${messageFile} ]; then word=$file; fi`,
  '  set -- "$@" "$word"',
  "done",
  '"$@"',
].join("\n");

/** An engine of containers with what it finds its socket and its plugins by. */
export function engine({ card }: Operated, args: readonly string[]): ProgramRun {
  const names = ["PATH", "HOME", "DOCKER_HOST", "DOCKER_CONTEXT", "XDG_RUNTIME_DIR", "TERM"];
  return {
    program: card.profile === "podman" ? "/usr/bin/podman" : "/usr/bin/docker",
    args,
    environment: Object.fromEntries(
      names.flatMap((name): [string, string][] => {
        const value = process.env[name];
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    cwd: card.folder,
  };
}

/** The project as apply starts it, whatever the folder is called. */
export function compose({ card }: Operated): readonly string[] {
  const file = path.join(card.folder, "compose.yaml");
  return ["compose", "--project-name", `claw-${card.name}`, "--file", file];
}

/** A terminal where there is one; standard input where a text is given. */
function terminal(kind: "compose" | "podman", input?: string): readonly string[] {
  if (input === undefined && process.stdin.isTTY && process.stdout.isTTY) {
    return kind === "podman" ? ["-it"] : [];
  }
  if (kind === "compose") return ["-T"];
  return input === undefined ? [] : ["-i"];
}
