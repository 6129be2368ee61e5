import { createInterface } from "node:readline";

import type { Extraction } from "../extraction.ts";
import type { ExtractionKind } from "../extraction-kind.ts";
import { Refusal } from "./refusal.ts";

/**
 * Reads one file a line (JSON with base64) and answers with one line, until standard input ends. This
 * process has no network, no files but its own program, and little memory: whatever a file does to it,
 * it does to nobody else. Libraries are loaded when the first file of their kind comes.
 */
async function serve(): Promise<void> {
  process.stdout.write("ready\n");
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    const { id, kind, language, bytes } = JSON.parse(line) as Request;
    let reply: string;
    try {
      const done = await readers[kind](Buffer.from(bytes, "base64"), language ?? "");
      reply = JSON.stringify({ id, done });
    } catch (error) {
      reply = JSON.stringify({ id, refused: refusalOf(error) });
    }
    await new Promise<void>((resolve, reject) => {
      process.stdout.write(`${reply}\n`, (error) => {
        if (error instanceof Error) {
          reject(error);
        } else {
          resolve();
        }
      });
    });
  }
}

interface Request {
  readonly id: number;
  readonly kind: ExtractionKind;
  readonly language?: string;
  readonly bytes: string;
}

type Reader = (bytes: Buffer, language: string) => Promise<Extraction>;

const readers: Readonly<Record<ExtractionKind, Reader>> = {
  html: async (bytes) => (await import("../formats/html.ts")).extractHtml(bytes),
  pdf: async (bytes) => await (await import("../formats/pdf.ts")).extractPdf(bytes),
  docx: async (bytes) => (await import("../formats/docx.ts")).extractDocx(bytes),
  pptx: async (bytes) => (await import("../formats/pptx.ts")).extractPptx(bytes),
  odt: async (bytes) => (await import("../formats/odt.ts")).extractOdt(bytes),
  epub: async (bytes) => (await import("../formats/epub.ts")).extractEpub(bytes),
  notebook: async (bytes) => (await import("../formats/notebook.ts")).extractNotebook(bytes),
  email: async (bytes) => await (await import("../formats/email.ts")).extractEmail(bytes),
  mailbox: async (bytes) => await (await import("../formats/email.ts")).extractMailbox(bytes),
  code: async (bytes, language) =>
    await (await import("../code/code-blocks.ts")).extractCode(bytes, language),
};

/** What a library throws at a file is the file's fault. */
function refusalOf(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof Refusal) {
    return { code: error.code, message: error.message.slice(0, 1000) };
  }
  if (error instanceof RangeError && /call stack|string length/iu.test(error.message)) {
    return { code: "DOCUMENT_TOO_NESTED", message: "it is nested deeper than can be read" };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: "DOCUMENT_DAMAGED",
    message: `it cannot be read: ${message.replace(/\s+/gu, " ").slice(0, 300)}`,
  };
}

await serve();
