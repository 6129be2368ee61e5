import { spawn } from "node:child_process";
import process from "node:process";

import { CodedError, escapeForTerminal } from "@clawkeep/diagnostics";
import { askProgram, dashboardLink, writeLinkPage } from "@clawkeep/provision";

import { printData, printNote } from "../output/print.ts";
import { operatedOf, settingsOf } from "../place/operated.ts";
import { wrappedCommand } from "../place/wrapped-command.ts";

/** Options of `ui` and `url` as they were written. */
export interface UiOptions {
  readonly pair?: boolean;
  readonly show?: boolean;
  readonly open?: boolean;
  readonly openclaw?: string;
}

/** Opens the Control UI by a link that works once; the link is in no argument, no history and no query. */
export async function openUi(name: string | undefined, options: UiOptions): Promise<number> {
  const { page, url } = await linkPage(name, options);
  if (options.open === false) {
    printData(escapeForTerminal(page));
    return 0;
  }
  const opener = process.platform === "darwin" ? "/usr/bin/open" : "/usr/bin/xdg-open";
  const isOpened = await new Promise<boolean>((resolve) => {
    const child = spawn(opener, [page], { stdio: "ignore", detached: true });
    child.on("error", () => resolve(false)).on("exit", (code) => resolve(code === 0));
  });
  if (isOpened) printNote(`opened ${url}`);
  else printNote(escapeForTerminal(`no browser was opened; open ${page} within ten minutes`));
  return isOpened ? 0 : 1;
}

/** Prints the address of the Control UI; with `--pair` the link that lets a browser in once, to a person only. */
export async function printUrl(name: string | undefined, options: UiOptions): Promise<number> {
  const { port } = uiSettings(name);
  if (options.pair !== true) {
    printData(`http://127.0.0.1:${port}/`);
    return 0;
  }
  if (!process.stdout.isTTY && options.show !== true) {
    throw new CodedError({
      code: "URL_NO_TERMINAL",
      message: "expected a terminal, got a pipe or a file: the link lets in whoever reads it first",
      hint: "Say --show when that is wanted.",
    });
  }
  printData(escapeForTerminal(await askLink(name, options, port)));
  return 0;
}

async function linkPage(
  name: string | undefined,
  options: UiOptions,
): Promise<{ readonly page: string; readonly url: string }> {
  const { port } = uiSettings(name);
  const link = await askLink(name, options, port);
  const page = await writeLinkPage(operatedOf(name).store, link);
  return { page, url: `http://127.0.0.1:${port}/` };
}

async function askLink(
  name: string | undefined,
  options: UiOptions,
  port: number,
): Promise<string> {
  const run = wrappedCommand(operatedOf(name), ["dashboard", "--json"], options);
  const { stdout } = await askProgram(run);
  return dashboardLink(stdout, port);
}

function uiSettings(name: string | undefined): { readonly port: number } {
  const { port, ui } = settingsOf(operatedOf(name));
  if (ui) return { port };
  throw new CodedError({
    code: "UI_OFF",
    message: "expected a deployment with the Control UI, got one where it is off",
    hint: "Write gateway: {ui: true} into its spec, then `claw apply`.",
  });
}
