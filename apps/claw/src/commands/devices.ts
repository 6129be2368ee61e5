import { escapeForTerminal } from "@clawkeep/diagnostics";
import {
  askProgram,
  checkRequestId,
  openClawRun,
  pendingDevices,
  runOnTerminal,
} from "@clawkeep/provision";
import type { OpenClawPlace } from "@clawkeep/provision";

import { confirmed } from "../output/confirm.ts";
import { printData, printNote } from "../output/print.ts";
import { openClawOf, operatedOf } from "../place/operated.ts";

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
  const place = openClawOf(operatedOf(name), options.openclaw);
  const args = ["devices", "list", ...(options.json === true ? ["--json"] : [])];
  return runOnTerminal(openClawRun(place, args));
}

/** Shows every device that asks, and lets in those that are said yes to: each by its id, never "the latest". */
export async function approveAll(
  name: string | undefined,
  options: DevicesOptions,
): Promise<number> {
  const place = openClawOf(operatedOf(name), options.openclaw);
  const listed = await askProgram(openClawRun(place, ["devices", "list", "--json"]));
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
    else if ((await approve(place, one.requestId)) !== 0) code = 2;
  }
  return code;
}

/** Lets in the device of one request. */
export async function approveDevice(id: string, options: DevicesOptions): Promise<number> {
  const request = checkRequestId(id);
  return approve(openClawOf(operatedOf(options.name), options.openclaw), request);
}

async function approve(place: OpenClawPlace, id: string): Promise<number> {
  return runOnTerminal(openClawRun(place, ["devices", "approve", id]));
}
