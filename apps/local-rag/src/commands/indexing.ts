import { CodedError } from "@clawkeep/diagnostics";
import { openEmbedder } from "@clawkeep/embedder";
import { modelManifest } from "@clawkeep/model-minilm";
import type { IndexModel } from "@clawkeep/retrieval";

import type { CommandSpec } from "../arguments/command-table.ts";
import type { RawOptions } from "../arguments/parse-flags.ts";
import { textOf, usage } from "../arguments/parse-flags.ts";
import type { MachineShare } from "../governor/share-of-machine.ts";
import type { ProgressForm } from "../output/progress.ts";
import { modelPlace } from "../place/index-place.ts";

/** A third of a second for a session: about as long as this thread takes for the keywords of a segment. */
const workAhead = 16;

/** The model that the flags name, with as many sessions as its share of the machine allows. */
export function indexModel(
  options: RawOptions,
  { sessions }: Pick<MachineShare, "sessions">,
): IndexModel {
  return {
    spaceId: modelManifest.spaceId,
    open: () =>
      openEmbedder({
        verify: true,
        folder: modelPlace(options),
        workers: sessions,
        tasksAhead: workAhead,
      }),
  };
}

/**
 * How progress is written: as it is asked for, or a line for a person who looks on.
 *
 * @throws CodedError `USAGE`.
 */
export function progressForm(spec: CommandSpec, options: RawOptions): ProgressForm {
  const form = textOf(options, "progress") ?? "auto";
  if (form === "auto") {
    return process.stderr.isTTY ? "text" : "none";
  }
  if (form !== "text" && form !== "ndjson" && form !== "none") {
    throw usage(spec, `--progress is auto, text, ndjson or none, got ${JSON.stringify(form)}`);
  }
  return form;
}

/** Calls `stop` with Ctrl-C or SIGTERM, once: a second one ends the process, which an index survives. */
export function onInterrupt(abort: AbortController): Disposable {
  const interrupt = (): void => abort.abort(interrupted());
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  return {
    [Symbol.dispose]: () => {
      process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
    },
  };
}

function interrupted(): CodedError {
  return new CodedError({
    code: "INTERRUPTED",
    message: "stopped before it was done; the published index is as it was",
    hint: "what was embedded is kept: run the same command again to go on",
  });
}
