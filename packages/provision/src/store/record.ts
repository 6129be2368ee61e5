import { isDigest } from "@clawkeep/integrity";
import type { Digest } from "@clawkeep/integrity";
import { z } from "zod";

import type { KeptService } from "../managers/kept-service.ts";
import { keptServiceForm } from "../managers/kept-service.ts";
import type { FileOwner } from "../ports/file-port.ts";

/** A file by what it holds; the bytes are in the store. */
export interface KeptFile {
  readonly path: string;
  readonly mode: number;
  readonly digest: Digest;
  readonly owner?: FileOwner;
}

/** OpenClaw's state in an archive of the store. */
export interface KeptState {
  /** Name of the archive in `backups`. */
  readonly archive: string;
  /** Of its manifest, which has the digest of every file. */
  readonly manifest: Digest;
  readonly files: number;
  readonly bytes: number;
}

/** One attempt to change a deployment. One that was applied is a generation. */
export interface HistoryRecord {
  readonly version: 1;
  readonly number: number;
  readonly at: string;
  readonly kind: "apply" | "rollback";
  /** For a rollback: the generation whose files these are. */
  readonly of?: number;
  readonly outcome: "applied" | "rolled-back" | "interrupted";
  readonly reason?: string;
  /** Every file of the deployment, in the order of their paths. Secrets are never among them. */
  readonly files: readonly KeptFile[];
  /** What keeps its services, in the order of start. Absent where nothing was started. */
  readonly services?: readonly KeptService[];
  /** The state as the generation before had left it. Absent where nothing that the state depends on changed. */
  readonly state?: KeptState;
  /** Of the bytes of the record before it: a record that is changed or taken out breaks the chain. */
  readonly previous?: Digest;
}

/** What is under way: enough to undo it after a kill. */
export interface Journal {
  readonly version: 1;
  readonly number: number;
  readonly kind: "apply" | "rollback";
  readonly of?: number;
  readonly changes: readonly {
    readonly path: string;
    readonly before?: KeptFile;
    readonly after?: KeptFile;
  }[];
  readonly files: readonly KeptFile[];
  /** Services that ran: an attempt that is killed may have stopped them. */
  readonly ran?: readonly string[];
  /** State folder, and the archive into which its state goes before anything else changes. */
  readonly state?: { readonly folder: string; readonly archive: string };
}

const digest: z.ZodType<Digest> = z.custom<Digest>(
  (value) => typeof value === "string" && isDigest(value),
);
const file: z.ZodType<KeptFile> = z.strictObject({
  path: z.string(),
  mode: z.number(),
  digest: digest,
  owner: z.strictObject({ uid: z.number(), gid: z.number() }).exactOptional(),
});
/** Nothing else in the folder of archives is opened or removed. */
export const archiveForm: RegExp = /^before-[0-9]{6,}\.tar$/u;
const archive: z.ZodType<string> = z.string().regex(archiveForm);
const kind: z.ZodType<"apply" | "rollback"> = z.enum(["apply", "rollback"]);

const record: z.ZodType<HistoryRecord> = z.strictObject({
  version: z.literal(1),
  number: z.number().int().positive(),
  at: z.string(),
  kind: kind,
  of: z.number().exactOptional(),
  outcome: z.enum(["applied", "rolled-back", "interrupted"]),
  reason: z.string().exactOptional(),
  files: z.array(file),
  services: z.array(keptServiceForm).exactOptional(),
  state: z
    .strictObject({
      archive: archive,
      manifest: digest,
      files: z.int().nonnegative(),
      bytes: z.int().nonnegative(),
    })
    .exactOptional(),
  previous: digest.exactOptional(),
});

const journal: z.ZodType<Journal> = z.strictObject({
  version: z.literal(1),
  number: z.number().int().positive(),
  kind: kind,
  of: z.number().exactOptional(),
  changes: z.array(
    z.strictObject({
      path: z.string(),
      before: file.exactOptional(),
      after: file.exactOptional(),
    }),
  ),
  files: z.array(file),
  ran: z.array(z.string()).exactOptional(),
  state: z.strictObject({ folder: z.string().startsWith("/"), archive: archive }).exactOptional(),
});

/** @throws what zod and JSON throw */
export function parseRecord(bytes: Uint8Array): HistoryRecord {
  return record.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
}

/** @throws what zod and JSON throw */
export function parseJournal(bytes: Uint8Array): Journal {
  return journal.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
}
