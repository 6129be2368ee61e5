import { readFile } from "node:fs/promises";
import path from "node:path";

import { CodedError, count, escapeForTerminal, formatFinding } from "@clawkeep/diagnostics";
import { modelManifest } from "@clawkeep/model-minilm";
import type { AnswerVerification, Index, ProofVerification } from "@clawkeep/retrieval";
import {
  indexStatus,
  jsonForModel,
  openIndex,
  checkProofs,
  readClaim,
  readProofs,
  verifyCollections,
  verifyIndex,
} from "@clawkeep/retrieval";

import type { RawOptions } from "../arguments/parse-flags.ts";
import { commands } from "../arguments/command-table.ts";
import { textOf, textsOf, usage } from "../arguments/parse-flags.ts";
import { indexPlaces } from "../place/index-places.ts";
import { indexPlace, rootOf, trustOf } from "../place/index-place.ts";

const shownFindings = 20;

/**
 * `local-rag verify`: exit code 1 when the index is damaged or says what files no longer say, or, with a
 * claim, when a passage of it is not what it says.
 */
export async function runVerify(options: RawOptions): Promise<number> {
  const [claim] = options.positional;
  if (options.flags.has("proof") || options.flags.has("root")) {
    return verifyProofs(options, claim);
  }
  const several = textsOf(options, "index").length > 1 || options.flags.has("collection");
  if (claim === undefined && several) {
    throw usage(commands.verify, "one index is checked at a time; several only with a CLAIM");
  }
  return claim === undefined ? verifyWhole(options) : verifyClaim(options, claim);
}

/** Proofs, or a claim by them, against a root: no index, no model, no registry. */
async function verifyProofs(options: RawOptions, source: string | undefined): Promise<number> {
  const [proof, root] = [textOf(options, "proof"), textOf(options, "root")];
  if (proof === undefined || root === undefined) {
    throw usage(commands.verify, "--proof FILE and --root ROOT need each other");
  }
  const trusted = rootOf(root);
  const proofs = readProofs(await readSource(proof));
  const claim = source === undefined ? undefined : readClaim(await readSource(source));
  const workspace = textOf(options, "workspace");
  const result = checkProofs(proofs, {
    root: trusted,
    ...(claim === undefined ? {} : { claim }),
    ...(workspace === undefined ? {} : { workspace: path.resolve(workspace) }),
  });
  process.stdout.write(
    options.flags.has("json")
      ? `${jsonForModel({ version: 1, root: trusted, ...result })}\n`
      : describeProofs(result, trusted),
  );
  return result.ok ? 0 : 1;
}

function describeProofs({ ok, passages }: ProofVerification, root: string): string {
  const lines = passages.map(({ collection, path: file, byteStart, byteEnd, ...found }) => {
    const place = `${collection === undefined ? "" : `[${collection}] `}${file}`;
    const said = [
      found.proven ? "proven" : "not proven",
      ...(found.text === "other" ? ["the text shown is another"] : []),
      ...(found.file === undefined ? [] : [found.file.state]),
    ];
    return `${escapeForTerminal(place)} bytes ${byteStart}-${byteEnd}: ${said.join(", ")}\n`;
  });
  return `${lines.join("")}${ok ? "holds" : "does not hold"}: ${count(passages.length, "passage")}, root ${root}\n`;
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

/** An answer, a hit or a citation against the files, and the indexes where there are some. */
async function verifyClaim(options: RawOptions, source: string): Promise<number> {
  const chosen = textOf(options, "workspace");
  const places = indexPlaces(options, process.cwd());
  if (chosen !== undefined && places.length > 1) {
    throw usage(commands.verify, "--workspace is of one index, and there are several");
  }
  const claim = readClaim(await readSource(source));
  const indexes: Index[] = [];
  try {
    const known = new Map(
      places.map(({ name, folder, trust }) => {
        const status = indexStatus(folder, trust);
        const workspace = chosen === undefined ? status.workspace : path.resolve(chosen);
        // Files alone are enough to check a citation; who names neither means an index that is not there.
        const index =
          status.snapshot === undefined && chosen !== undefined
            ? undefined
            : openIndex(folder, trust, modelManifest.spaceId, { keywordsOnly: true });
        indexes.push(...(index === undefined ? [] : [index]));
        const prove = options.flags.has("prove");
        const found = {
          ...(workspace === undefined ? {} : { workspace }),
          ...(index === undefined ? {} : { index }),
        };
        return [name, { ...found, prove }] as const;
      }),
    );
    const result = verifyCollections(claim, (collection) => known.get(collection));
    process.stdout.write(
      options.flags.has("json")
        ? `${jsonForModel({ version: 1, ...result })}\n`
        : describeAnswer(result),
    );
    return result.ok ? 0 : 1;
  } finally {
    indexes.forEach((index) => index.close());
  }
}

function describeAnswer({ ok, snapshot, hits }: AnswerVerification): string {
  const lines = hits.map(
    ({ collection, byteStart, byteEnd, file: state, text, indexed, ...hit }) => {
      const place = `${collection === undefined ? "" : `[${collection}] `}${hit.path}`;
      const said = [
        state === undefined ? "file not checked" : state.state,
        ...(text === "other" ? ["the text shown is another"] : []),
        ...(indexed === false ? ["not in the index"] : []),
      ];
      return `${escapeForTerminal(place)} bytes ${byteStart}-${byteEnd}: ${said.join(", ")}\n`;
    },
  );
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
