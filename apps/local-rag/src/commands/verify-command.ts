import path from "node:path";

import { count, formatFinding } from "@clawkeep/diagnostics";
import { modelManifest } from "@clawkeep/model-minilm";
import { indexStatus, jsonForModel, openIndex, verifyIndex } from "@clawkeep/retrieval";

import type { RawOptions } from "../arguments/parse-flags.ts";
import { textOf } from "../arguments/parse-flags.ts";
import { indexPlace, trustOf } from "../place/index-place.ts";

const shownFindings = 20;

/** `local-rag verify`: exit code 1 when the index is damaged, or says what files no longer say. */
export function runVerify(options: RawOptions): Promise<number> {
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
  return Promise.resolve(result.ok && current ? 0 : 1);
}
