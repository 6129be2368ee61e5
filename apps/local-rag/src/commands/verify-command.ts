import { readFile } from "node:fs/promises";
import path from "node:path";

import { CodedError, count, escapeForTerminal, formatFinding } from "@clawkeep/diagnostics";
import { modelManifest } from "@clawkeep/model-minilm";
import type { AnswerVerification } from "@clawkeep/retrieval";
import {
  indexStatus,
  jsonForModel,
  openIndex,
  readClaim,
  verifyAnswer,
  verifyIndex,
} from "@clawkeep/retrieval";

import type { RawOptions } from "../arguments/parse-flags.ts";
import { textOf } from "../arguments/parse-flags.ts";
import { indexPlace, trustOf } from "../place/index-place.ts";

const shownFindings = 20;

/**
 * `local-rag verify`: exit code 1 when the index is damaged or says what files no longer say, or, with a
 * claim, when a passage of it is not what it says.
 */
export async function runVerify(options: RawOptions): Promise<number> {
  const [claim] = options.positional;
  return claim === undefined ? verifyWhole(options) : verifyClaim(options, claim);
}

function verifyWhole(options: RawOptions): number {
  const folder = indexPlace(options, process.cwd());
  const trust = trustOf(options);
  const chosen = textOf(options, "workspace");
  const workspace =
    chosen === undefined ? indexStatus(folder, trust).workspace : path.resolve(chosen);
  using index = openIndex(folder, trust, modelManifest.spaceId);
  const result = verifyIndex(index, workspace);
  const { citations, findings } = result;
  const current = citations.changed === 0 && citations.gone === 0;
  if (options.flags.has("json")) {
    process.stdout.write(`${jsonForModel({ version: 1, ...result, current })}\n`);
  } else {
    for (const finding of findings.slice(0, shownFindings)) {
      process.stderr.write(`${formatFinding(finding)}\n`);
    }
    process.stdout.write(
      `${result.ok ? "whole" : "damaged"}: ${count(result.segments, "segment")}, ${count(index.snapshot.chunks, "passage")}\n` +
        (workspace === undefined
          ? "citations not checked: name the indexed folder with --workspace\n"
          : `citations: ${citations.stillTrue} still true, ${citations.changed} changed, ${citations.gone} gone\n`) +
        `snapshot ${result.snapshotRoot}\n`,
    );
  }
  return result.ok && current ? 0 : 1;
}

/** An answer, a hit or a citation against the files, and the index where there is one. */
async function verifyClaim(options: RawOptions, source: string): Promise<number> {
  const folder = indexPlace(options, process.cwd());
  const trust = trustOf(options);
  const chosen = textOf(options, "workspace");
  const status = indexStatus(folder, trust);
  const workspace = chosen === undefined ? status.workspace : path.resolve(chosen);
  const claim = readClaim(await readSource(source));
  // Files alone are enough to check a citation; who names neither means an index that is not there.
  using index =
    status.snapshot === undefined && chosen !== undefined
      ? undefined
      : openIndex(folder, trust, modelManifest.spaceId, { keywordsOnly: true });
  const result = verifyAnswer(claim, {
    ...(workspace === undefined ? {} : { workspace }),
    ...(index === undefined ? {} : { index }),
    prove: options.flags.has("prove"),
  });
  if (options.flags.has("json")) {
    process.stdout.write(`${jsonForModel({ version: 1, ...result })}\n`);
  } else {
    process.stdout.write(describeAnswer(result));
  }
  return result.ok ? 0 : 1;
}

function describeAnswer({ ok, snapshot, hits }: AnswerVerification): string {
  const lines = hits.map(({ path: file, byteStart, byteEnd, file: state, text, indexed }) => {
    const said = [
      state === undefined ? "file not checked" : state.state,
      ...(text === "other" ? ["the text shown is another"] : []),
      ...(indexed === false ? ["not in the index"] : []),
    ];
    return `${escapeForTerminal(file)} bytes ${byteStart}-${byteEnd}: ${said.join(", ")}\n`;
  });
  const named = {
    same: "given from this index",
    other: "given from another snapshot",
    unknown: "",
  };
  return `${lines.join("")}${ok ? "holds" : "does not hold"}: ${count(hits.length, "passage")}${
    named[snapshot] === "" ? "" : `, ${named[snapshot]}`
  }\n`;
}

async function readSource(source: string): Promise<string> {
  try {
    return source === "-" ? await readInput() : await readFile(source, "utf8");
  } catch (cause) {
    throw new CodedError({
      code: "USAGE",
      message: `expected a file with an answer, could not read ${escapeForTerminal(source)}`,
      hint: "name a file, or - for standard input",
      cause,
    });
  }
}

async function readInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
