import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";

import { CodedError, count, escapeForTerminal } from "@clawkeep/diagnostics";
import { createKeyPair, isDigest, parseSignerKey, parseVerifierKey } from "@clawkeep/integrity";
import { modelManifest } from "@clawkeep/model-minilm";
import type { BundleModel } from "@clawkeep/retrieval";
import { exportBundle, importBundle, jsonForModel } from "@clawkeep/retrieval";

import { bundleCommands } from "../arguments/bundle-table.ts";
import type { RawOptions } from "../arguments/parse-flags.ts";
import { textOf, usage } from "../arguments/parse-flags.ts";
import { indexPlace, registryPlace, trustOf } from "../place/index-place.ts";

/** `local-rag bundle export`. */
export async function runExport(options: RawOptions): Promise<number> {
  const [file = ""] = options.positional;
  const [skill, keyFile] = [textOf(options, "skill"), textOf(options, "sign")];
  const signer = keyFile === undefined ? undefined : parseSignerKey(await readKey(keyFile));
  const folder = indexPlace(options, process.cwd());
  const written = await exportBundle(path.resolve(file), folder, trustOf(options), {
    model: installedModel(),
    ...(skill === undefined ? {} : { skill: path.resolve(skill) }),
    ...(signer === undefined ? {} : { signer }),
  });
  const place = path.resolve(file);
  process.stdout.write(
    options.flags.has("json")
      ? `${jsonForModel({ version: 1, file: place, signed: signer !== undefined, ...written })}\n`
      : `wrote ${escapeForTerminal(place)}: ${count(written.files, "file")}, ${written.bytes} bytes\n` +
          `snapshot ${written.snapshotRoot}\ndigest   ${written.digest}\n`,
  );
  return 0;
}

/** `local-rag bundle import`. */
export async function runImport(options: RawOptions): Promise<number> {
  const spec = bundleCommands.import;
  const [file = ""] = options.positional;
  const [to, digest, key] = ["to", "digest", "key"].map((name) => textOf(options, name));
  if (to === undefined) {
    throw usage(spec, "--to names the folder to make");
  }
  if (digest !== undefined && !isDigest(digest)) {
    throw usage(spec, "--digest is sha256: and 64 hexadecimal digits");
  }
  const imported = await importBundle(path.resolve(file), path.resolve(to), {
    spaceId: modelManifest.spaceId,
    registry: registryPlace(options),
    ...(digest === undefined ? {} : { digest }),
    ...(key === undefined ? {} : { key: parseVerifierKey(key) }),
  });
  const { verified, documents, chunks, index, skill, snapshotRoot } = imported;
  const trust =
    verified === "integrity only"
      ? "integrity only: it is whole, and nobody said whose it is. Name --digest or --key, or ask with\n" +
        `  --trust-index ${snapshotRoot}\n`
      : `verified by ${verified}\n`;
  process.stdout.write(
    options.flags.has("json")
      ? `${jsonForModel({ version: 1, ...imported })}\n`
      : `${count(documents, "document")}, ${count(chunks, "passage")}: ${escapeForTerminal(index)}\n` +
          (skill === undefined ? "" : `skill: ${escapeForTerminal(skill)}\n`) +
          `digest   ${imported.digest}\n${trust}`,
  );
  return 0;
}

/** `local-rag bundle key`. */
export async function runKey(options: RawOptions): Promise<number> {
  const [file = ""] = options.positional;
  const { signerKey, verifierKey } = createKeyPair(textOf(options, "name") ?? "local-rag");
  try {
    await writeFile(file, `${signerKey}\n`, { mode: 0o600, flag: "wx" });
  } catch (cause) {
    throw new CodedError({
      code: "USAGE",
      message: `expected to make the new file ${escapeForTerminal(file)}`,
      hint: "name a file that is not there yet; a key is never replaced",
      cause,
    });
  }
  process.stdout.write(`${verifierKey}\n`);
  return 0;
}

/** The model of this program, as a bundle names it. */
function installedModel(): BundleModel {
  const { name, spaceId, files } = modelManifest;
  return {
    name,
    spaceId,
    files: Object.fromEntries(
      Object.values(files).map((file) => [file.path, file.digest] as const),
    ),
  };
}

async function readKey(file: string): Promise<string> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (cause) {
    throw new CodedError({
      code: "USAGE",
      message: `expected a key in ${escapeForTerminal(file)}`,
      hint: "make one with: local-rag bundle key FILE",
      cause,
    });
  }
}
