import { jsonForModel, quoteForModel, quoteLine } from "@clawkeep/diagnostics";
import type { Execution, Refusal } from "@clawkeep/skill-runtime";
import type { CallToolResult } from "@modelcontextprotocol/server";

/** Characters of standard error that a failed call shows. */
const shownError = 2000;

/** What an agent is told of a run. The record's id leads to everything else. */
export function toolResult(result: Execution | Refusal): CallToolResult {
  if (result.kind === "refusal") {
    const lines = result.findings.map(
      ({ code, message, hint }) => `${code}: ${message}${hint === undefined ? "" : ` (${hint})`}`,
    );
    return failure(`refused, nothing was run\n${lines.join("\n")}`, {
      "clawkeep/refused": result.stage,
    });
  }
  const meta = {
    "clawkeep/record": result.id,
    "clawkeep/sandbox": result.level,
    "clawkeep/meaning": result.meaning,
  };
  if (!result.ok) {
    const why = [
      result.terminatedBy ?? result.error?.code ?? `exit code ${String(result.exitCode)}`,
      result.error?.message ?? "",
      ...result.outputFindings.map(({ code, message }) => `${code}: ${message}`),
      decode(result.stderr).slice(0, shownError),
      // A program may say on standard output, as JSON, why it failed.
      decode(result.stdout).slice(0, shownError),
    ];
    return failure(`failed: ${why.filter((line) => line !== "").join("\n")}`, meta);
  }
  const { json } = result;
  const isObject = typeof json === "object" && json !== null && !Array.isArray(json);
  const text =
    json === undefined || result.output === "truncated"
      ? quoteForModel(decode(result.stdout))
      : jsonForModel(json);
  return {
    content: [{ type: "text", text }],
    ...(isObject ? { structuredContent: json } : {}),
    _meta: meta,
  };
}

/** A failure of the machinery: nothing is known of the run but its code. */
export function failedResult(code: string, message: string): CallToolResult {
  return failure(`${code}: ${quoteLine(message)}`, {});
}

function failure(text: string, _meta: Record<string, unknown>): CallToolResult {
  return { content: [{ type: "text", text: quoteForModel(text) }], isError: true, _meta };
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
