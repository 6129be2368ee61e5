import { replaceFile } from "@clawkeep/durable-files";
import path from "node:path";
import { z } from "zod";

import { closureFolders } from "./closure-manifest.ts";
import type { ClosureManifest } from "./closure-manifest.ts";
import { fileIdentity } from "./file-identity.ts";
import { RememberedFiles } from "./remembered-file.ts";

/** How the files looked when they were last hashed: those of the store, and those they came from. */
export interface ClosureIdentity {
  readonly stored: Readonly<Record<string, string>>;
  readonly sources: Readonly<Record<string, string>>;
  readonly interpreterPath?: string;
}

const identitySchema: z.ZodType<ClosureIdentity> = z.strictObject({
  stored: z.record(z.string(), z.string()),
  sources: z.record(z.string(), z.string()),
  interpreterPath: z.string().exactOptional(),
});

const identities = new RememberedFiles((bytes) =>
  identitySchema.parse(JSON.parse(bytes.toString("utf8"))),
);

/** Writes down how the files look now. `known` keeps what is known of the sources. */
export async function writeClosureIdentity(
  at: string,
  manifest: ClosureManifest,
  interpreterPath: string | undefined,
  sources: readonly string[],
  known?: Readonly<Record<string, string>>,
): Promise<void> {
  const folder = path.join(at, "files");
  const stored = [
    ...manifest.files.map((file) => path.join(folder, file.path)),
    ...closureFolders(folder, manifest.files),
    ...(interpreterPath === undefined ? [] : [interpreterPath]),
  ];
  const identify = (files: readonly string[]): Record<string, string> =>
    Object.fromEntries(files.map((file) => [file, fileIdentity(file) ?? "absent"]));
  await replaceFile(
    path.join(at, "identity.json"),
    `${JSON.stringify({
      stored: identify(stored),
      sources: known ?? identify(sources),
      ...(interpreterPath === undefined ? {} : { interpreterPath }),
    })}\n`,
  );
}

/** What was written down; `undefined` when that is absent or damaged, which only costs hashing. */
export async function readClosureIdentity(at: string): Promise<ClosureIdentity | undefined> {
  try {
    return identities.read(path.join(at, "identity.json"));
  } catch {
    return undefined;
  }
}
