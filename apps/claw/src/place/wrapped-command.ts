import { existsSync } from "node:fs";
import path from "node:path";
import process from "node:process";

import { CodedError } from "@clawkeep/diagnostics";
import { besideRun, openClawRun, withMessageBeside, withPrivateMessage } from "@clawkeep/provision";
import type { ProgramRun, ServiceDefinition } from "@clawkeep/provision";

import { besideGateway } from "./beside-gateway.ts";
import { containerCommand, containerMessage } from "./container-command.ts";
import { hostServices } from "./host-services.ts";
import { openClawOf } from "./operated.ts";
import type { Operated } from "./operated.ts";
import { specOrFindings } from "./spec-file.ts";

/** How a command of OpenClaw is run. */
export interface WrappedRun {
  /** Folder whose `node_modules` holds OpenClaw, where it is a folder. */
  readonly openclaw?: string;
  /** It writes the configuration. */
  readonly writes?: boolean;
}

/**
 * A command of the deployment's own OpenClaw as whoever its gateway is: never with more rights than it has. On a
 * notebook that is whoever calls; elsewhere its account, its cage or its container.
 *
 * @throws CodedError `OPERATE_ACCOUNT`, `OPERATE_CONFIG_FIXED`, `OPENCLAW_MISSING`
 */
export function wrappedCommand(
  operated: Operated,
  args: readonly string[],
  { openclaw, writes = false }: WrappedRun = {},
): ProgramRun {
  const gateway = gatewayAccount(operated);
  if (gateway !== undefined) {
    if (writes) throw fixed(operated);
    return onTerminal(besideRun(besideGateway(gateway, args)));
  }
  if (operated.card.manager === "container") return containerCommand(operated, args, { writes });
  return openClawRun(openClawOf(operated, openclaw), args, { writes });
}

/** The same for one that reads a text, which is in no argument: `args` is told what names it. */
export async function withMessage<T>(
  operated: Operated,
  text: string,
  args: (file: string) => readonly string[],
  { openclaw }: WrappedRun,
  use: (run: ProgramRun) => Promise<T>,
): Promise<T> {
  const gateway = gatewayAccount(operated);
  if (gateway !== undefined) {
    return withMessageBeside(gateway, text, (file) =>
      use(onTerminal(besideRun(besideGateway(gateway, args(file))))),
    );
  }
  if (operated.card.manager === "container") {
    return use(containerMessage(operated, args("/dev/stdin"), text));
  }
  const place = openClawOf(operated, openclaw);
  return withPrivateMessage(text, (file) => use(openClawRun(place, args(file))));
}

/** What the gateway of a deployment runs as, where that is another user than who operates it. */
function gatewayAccount({ card, definitions }: Operated): ServiceDefinition | undefined {
  const own = definitions.find(({ name }) => name === "gateway");
  const found = own?.account === undefined ? unitAccount({ card }) : own;
  if (found === undefined) return undefined;
  if (process.getuid?.() === 0) return found;
  throw new CodedError({
    code: "OPERATE_ACCOUNT",
    message: `expected root, which alone can be uid ${found.account?.uid ?? ""}, the gateway of ${card.name}; got uid ${process.getuid?.() ?? "none"}`,
    hint: "Run it by sudo: OpenClaw itself is then run as the gateway's user, not as root.",
  });
}

/** The same where systemd keeps it: its unit has these. */
function unitAccount({ card }: Pick<Operated, "card">): ServiceDefinition | undefined {
  if (card.manager !== "system-unit") return undefined;
  const spec = specOrFindings(card.spec);
  const gateway = spec && hostServices(spec, card.folder).find(({ name }) => name === "gateway");
  if (gateway !== undefined && existsSync(gateway.cwd)) return gateway;
  throw new CodedError({
    code: "OPERATE_NOT_STARTED",
    message: `expected the state of ${card.name}'s gateway in ${gateway?.cwd ?? card.state}, got none`,
    hint: `claw apply ${card.spec} --folder ${path.relative("", card.folder) || "."} --start`,
  });
}

function onTerminal(run: ProgramRun): ProgramRun {
  if (!process.stdout.isTTY) return run;
  const { NO_COLOR: _plain, ...environment } = run.environment;
  return { ...run, environment: { ...environment, TERM: process.env["TERM"] ?? "dumb" } };
}

function fixed({ card }: Operated): CodedError {
  return new CodedError({
    code: "OPERATE_CONFIG_FIXED",
    message: `expected a deployment whose gateway may write ${card.config}, got ${card.profile}, whose gateway may not`,
    hint: `Write it into ${card.spec}, then: claw apply ${card.spec}`,
  });
}
