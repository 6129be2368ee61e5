import { escapeForTerminal } from "@clawkeep/diagnostics";
import { checkInstances, judgeHost, readHostFacts } from "@clawkeep/provision-plan";
import type { DeploymentSpec, HostProblem, SpecResult } from "@clawkeep/provision-plan";

import { findingsText, printData, printJson } from "../output/print.ts";
import { thisHost } from "../place/host-reader.ts";
import { thisPlace } from "../place/render-place.ts";
import { readSpec } from "../place/spec-file.ts";

/** Options of `check` as they were written. */
export interface CheckOptions {
  readonly host?: boolean;
  readonly json?: boolean;
}

interface Checked {
  readonly shown: {
    readonly ok: boolean;
    readonly file: string;
    readonly findings: SpecResult["findings"];
    readonly host: readonly HostProblem[];
  };
  readonly spec: DeploymentSpec | undefined;
}

/**
 * Says everything that is wrong with specs, with `--host` why this machine cannot run each, and of several what they
 * would share on one host (S13).
 */
export function checkSpecFiles(files: readonly string[], options: CheckOptions): number {
  const checked = files.map((file) => checkOne(file, options));
  const clashes = checkInstances(
    checked.flatMap(({ spec }) => spec ?? []),
    thisPlace(),
  );
  const ok = clashes.length === 0 && checked.every(({ shown }) => shown.ok);
  const code = ok ? 0 : 1;
  if (options.json === true) {
    const shown = checked.map((one) => one.shown);
    const [only] = shown;
    printJson(
      shown.length === 1 && only !== undefined
        ? { version: 1, ...only }
        : { version: 1, ok, files: shown, clashes },
    );
    return code;
  }
  for (const { shown: one } of checked) {
    for (const finding of one.findings) printData(findingsText([finding]));
    for (const { severity, code: id, message, rows } of one.host) {
      printData(escapeForTerminal(`${severity} ${id}: ${message} (${rows.join(", ")})`));
    }
    printData(`${one.ok ? "ok   " : "wrong"} ${escapeForTerminal(one.file)}`);
  }
  for (const { code: id, message, hint } of clashes) {
    printData(escapeForTerminal(`error ${id}: ${message}\n  ${hint}`, { keepNewlines: true }));
  }
  return code;
}

function checkOne(file: string, options: CheckOptions): Checked {
  const { spec, findings } = readSpec(file);
  const host =
    spec === undefined || options.host !== true ? [] : judgeHost(spec, readHostFacts(thisHost()));
  const ok = spec !== undefined && host.every(({ severity }) => severity !== "error");
  return { shown: { ok, file, findings, host }, spec };
}
