import { escapeForTerminal } from "@clawkeep/diagnostics";
import { askProgram, checkRequestId, pendingDevices, runOnTerminal } from "@clawkeep/provision";

import { confirmed } from "../output/confirm.ts";
import { printData, printNote } from "../output/print.ts";
import { operatedOf } from "../place/operated.ts";
import type { Operated } from "../place/operated.ts";
import { wrappedCommand } from "../place/wrapped-command.ts";

/** Options of the commands about devices as they were written. */
export interface DevicesOptions {
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly name?: string;
  readonly openclaw?: string;
}

/** Lists devices that ask to be let in and those that are. */
export async function listDevices(
  name: string | undefined,
  options: DevicesOptions,
): Promise<number> {
  const args = ["devices", "list", ...(options.json === true ? ["--json"] : [])];
  return runOnTerminal(wrappedCommand(operatedOf(name), args, options));
}

/** Shows every device that asks, and lets in those that are said yes to: each by its id, never "the latest". */
export async function approveAll(
  name: string | undefined,
  options: DevicesOptions,
): Promise<number> {
  const operated = operatedOf(name);
  const list = ["devices", "list", "--json"];
  const listed = await askProgram(wrappedCommand(operated, list, options));
  if (listed.exitCode !== 0) {
    printNote(escapeForTerminal(listed.stderr, { keepNewlines: true }));
    return 2;
  }
  const pending = pendingDevices(listed.stdout);
  if (pending.length === 0) printNote("No device asks to be let in.");
  let code = 0;
  for (const one of pending) {
    const what = `${one.name} (device ${one.deviceId}) from ${one.address || "an unknown address"} asks for ${one.role || "a role"} [${one.scopes.join(" ")}]`;
    printData(escapeForTerminal(`${one.requestId}  ${what}`));
    if (!(await confirmed("let it in?", options.yes === true))) code = 1;
    else if ((await approve(operated, one.requestId, options)) !== 0) code = 2;
  }
  return code;
}

/** Lets in the device of one request. */
export async function approveDevice(id: string, options: DevicesOptions): Promise<number> {
  const request = checkRequestId(id);
  return approve(operatedOf(options.name), request, options);
}

async function approve(operated: Operated, id: string, options: DevicesOptions): Promise<number> {
  return runOnTerminal(wrappedCommand(operated, ["devices", "approve", id], options));
}
