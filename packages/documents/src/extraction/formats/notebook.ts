import { Refusal } from "../child/refusal.ts";
import { TextBuilder } from "../child/text-builder.ts";
import type { Extraction } from "../extraction.ts";
import { markdownBlocks } from "../../reading/markdown-blocks.ts";

/** Characters of one cell's printed output that are kept: tables and errors, not logs. */
const maxOutput = 2000;

interface Cell {
  readonly type: string;
  readonly source: string;
  readonly output: string;
}

/** Cells of a Jupyter notebook (nbformat 3 and 4), a unit a cell, counted from 1. */
export function extractNotebook(bytes: Uint8Array): Extraction {
  const json: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  const cells = cellsOf(json);
  if (cells === undefined) {
    throw new Refusal("DOCUMENT_DAMAGED", "it has no cells");
  }
  const builder = new TextBuilder("notebook-1", "cell");
  for (const [index, { type, source, output }] of cells.entries()) {
    builder.unit(index + 1);
    if (type === "markdown" || type === "heading") {
      addMarkdown(builder, source);
    } else {
      builder.add(type === "code" ? "code" : "paragraph", source);
      builder.add("code", output);
    }
  }
  const language = languageOf(json);
  return {
    ...builder.finish(),
    ...(language === undefined ? {} : { metadata: { language } }),
  };
}

/** The structure of a Markdown cell, with its text as it is written. */
function addMarkdown(builder: TextBuilder, source: string): void {
  for (const { kind, start, end, level, title } of markdownBlocks(source)) {
    builder.add(kind, source.slice(start, end), {
      level,
      title: title.slice(0, 300).toWellFormed(),
    });
  }
}

function cellsOf(json: unknown): readonly Cell[] | undefined {
  const sheets = member(json, "worksheets");
  const list =
    member(json, "cells") ?? (Array.isArray(sheets) ? member(sheets[0], "cells") : undefined);
  if (!Array.isArray(list)) {
    return undefined;
  }
  return list.map((cell: unknown) => ({
    type: textOf(member(cell, "cell_type")),
    source: textOf(member(cell, "source") ?? member(cell, "input")),
    output: outputOf(member(cell, "outputs")),
  }));
}

function outputOf(outputs: unknown): string {
  if (!Array.isArray(outputs)) {
    return "";
  }
  const texts = outputs.map((output: unknown) => {
    const data = member(output, "data");
    return textOf(member(output, "text") ?? member(data, "text/plain"));
  });
  return texts.join("\n").slice(0, maxOutput).toWellFormed();
}

function languageOf(json: unknown): string | undefined {
  const metadata = member(json, "metadata");
  const name = member(member(metadata, "language_info"), "name");
  return typeof name === "string" && name.length < 64 ? name : undefined;
}

/** A text, or a list of its lines. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) {
    return value.filter((line): line is string => typeof line === "string").join("");
  }
  return typeof value === "string" ? value : "";
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
