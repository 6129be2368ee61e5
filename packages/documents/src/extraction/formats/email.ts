import PostalMime from "postal-mime";
import type { Address } from "postal-mime";

import type { MetadataValue } from "../../document.ts";
import { TextBuilder } from "../child/text-builder.ts";
import type { Extraction } from "../extraction.ts";
import { addHtml } from "./html.ts";

const maxMessages = 20_000;
const maxDepth = 32;
const maxHeaderBytes = 256 * 1024;

/** Subject, people and text of one message. */
export async function extractEmail(bytes: Uint8Array): Promise<Extraction> {
  const builder = new TextBuilder("email-1", "message");
  builder.unit(1);
  const { title, metadata } = await addMessage(builder, bytes);
  return { ...builder.finish(), ...(title === "" ? {} : { title }), metadata };
}

/** The messages of a mailbox in "mbox" form (RFC 4155), a unit a message. */
export async function extractMailbox(bytes: Uint8Array): Promise<Extraction> {
  const builder = new TextBuilder("mailbox-1", "message");
  const messages = messagesOf(bytes);
  const warnings: string[] = [];
  for (const [index, message] of messages.slice(0, maxMessages).entries()) {
    builder.unit(index + 1, { forced: true });
    try {
      await addMessage(builder, message);
    } catch (error) {
      if (!(error instanceof Error) || "code" in error || warnings.length === 8) {
        throw error;
      }
      warnings.push(`message ${index + 1} cannot be read: ${error.message.slice(0, 200)}`);
    }
  }
  if (messages.length > maxMessages) {
    warnings.push(`its messages after ${maxMessages} are left out`);
  }
  return { ...builder.finish(), ...(warnings.length === 0 ? {} : { warnings }) };
}

async function addMessage(
  builder: TextBuilder,
  bytes: Uint8Array,
): Promise<{ readonly title: string; readonly metadata: Readonly<Record<string, MetadataValue>> }> {
  const email = await PostalMime.parse(bytes, {
    maxNestingDepth: maxDepth,
    maxHeadersSize: maxHeaderBytes,
    attachmentEncoding: "arraybuffer",
  });
  const title = fold(email.subject ?? "");
  builder.heading(1, title);
  const from = email.from === undefined ? "" : people([email.from]);
  const to = people([...(email.to ?? []), ...(email.cc ?? [])]);
  const date = fold(email.date ?? "");
  const lines = [
    ["From", from],
    ["To", to],
    ["Date", date],
  ].filter(([, value]) => value !== "");
  builder.add("paragraph", lines.map(([name, value]) => `${name}: ${value}`).join("\n"));
  if (email.text !== undefined && email.text.trim() !== "") {
    for (const paragraph of email.text.replace(/\r\n?/gu, "\n").split(/\n[ \t]*\n/u)) {
      builder.add("paragraph", paragraph);
    }
  } else if (email.html !== undefined) {
    addHtml(Buffer.from(email.html), builder);
  }
  const files = email.attachments.map(({ filename }) => fold(filename ?? "")).filter(Boolean);
  if (files.length > 0) {
    builder.add("paragraph", `Attached: ${files.slice(0, 50).join(", ")}`);
  }
  const metadata = Object.fromEntries(
    [
      ["from", from],
      ["to", to],
      ["date", date],
    ]
      .filter(([, value]) => value !== "")
      .map(([name = "", value = ""]) => [name, value.slice(0, 1000).toWellFormed()]),
  );
  return { title: title.slice(0, 300).toWellFormed(), metadata };
}

function people(addresses: readonly Address[]): string {
  return addresses
    .slice(0, 50)
    .map(({ name, address }) => fold([name, address && `<${address}>`].filter(Boolean).join(" ")))
    .filter((text) => text !== "")
    .join(", ");
}

/** Messages begin at lines that start with "From " behind a blank line, or at the start. */
function messagesOf(bytes: Uint8Array): readonly Uint8Array[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const starts: number[] = [];
  if (buffer.subarray(0, 5).toString("latin1") === "From ") {
    starts.push(0);
  }
  for (let at = buffer.indexOf("\nFrom "); at !== -1; at = buffer.indexOf("\nFrom ", at + 6)) {
    const before = buffer.subarray(Math.max(0, at - 2), at).toString("latin1");
    if (/\n\r?$/u.test(before)) {
      starts.push(at + 1);
    }
  }
  return starts.map((start, index) => {
    const line = buffer.indexOf(10, start);
    const end = starts[index + 1] ?? buffer.length;
    return buffer.subarray(line === -1 ? end : line + 1, end);
  });
}

function fold(text: string): string {
  return text.replace(/\s+/gu, " ").trim();
}
