import { lstat } from "node:fs/promises";
import { basename, join, relative, resolve, sep } from "node:path";

import { packSkill, sealBundle } from "@clawkeep/clawhub";
import type { SkillPack } from "@clawkeep/clawhub";
import { CodedError, count, escapeForTerminal } from "@clawkeep/diagnostics";
import { openOwnFile, readFully, replaceFile } from "@clawkeep/durable-files";

import { findingsText, printData, printJson, printNote } from "../output/print.ts";
import { findWorkspace } from "../place/workspace.ts";
import { namedOrAll } from "./check.ts";

/** Options of `pack` as they were written. */
export interface PackOptions {
  readonly workspace?: string;
  readonly into: string;
  readonly sign?: string;
  readonly json?: boolean;
}

/** Packs skill folders, each into `SLUG.zip`, and with `--sign` seals them. */
export async function packSkills(
  folders: readonly string[],
  options: PackOptions,
): Promise<number> {
  const into = resolve(options.into);
  if ((await lstat(into).catch(() => undefined))?.isDirectory() !== true) {
    throw new CodedError({
      code: "PACK_INTO",
      message: `expected a folder at ${into}`,
      hint: "Make it, or name another: --into PATH",
    });
  }
  const signerKey = options.sign === undefined ? undefined : await readKey(options.sign);
  const named = namedOrAll(folders, () => findWorkspace(options.workspace));
  refuseInside(named, into);
  const packs: { readonly folder: string; readonly pack: SkillPack }[] = [];
  for (const folder of named) packs.push({ folder, pack: await packSkill(folder) });
  refuseTwins(packs);
  const results = [];
  for (const { folder, pack } of packs) {
    results.push({ folder, pack, ...(await write(pack, into, signerKey)) });
  }
  const ok = results.every(({ pack }) => pack.bundle !== undefined);
  if (options.json === true) {
    printJson({
      version: 1,
      ok,
      skills: results.map(({ folder, pack, written, seal }) => ({
        folder,
        ok: pack.bundle !== undefined,
        slug: pack.slug,
        bundle: written,
        seal,
        digest: pack.digest,
        fingerprint: pack.fingerprint,
        files: pack.files.map(({ path, bytes, digest }) => ({ path, bytes: bytes.length, digest })),
        leftOut: pack.leftOut,
        findings: pack.findings,
      })),
    });
    return ok ? 0 : 1;
  }
  for (const { folder, pack, written, seal } of results) {
    if (written === undefined) {
      printData(`wrong  ${escapeForTerminal(folder)}`);
      printData(findingsText(pack.findings));
      continue;
    }
    const { length } = pack.files;
    printData(escapeForTerminal(`packed ${written} (${count(length, "file")})`));
    printData(`  bundle       ${pack.digest ?? ""}\n  fingerprint  ${pack.fingerprint ?? ""}`);
    if (seal !== undefined) printData(escapeForTerminal(`  seal         ${seal}`));
    for (const { path, why } of pack.leftOut) {
      printNote(escapeForTerminal(`${folder}: left out ${path} (${why})`));
    }
  }
  return ok ? 0 : 1;
}

interface Written {
  readonly written?: string;
  readonly seal?: string;
}

async function write(
  { bundle, slug, digest, fingerprint }: SkillPack,
  into: string,
  signerKey: string | undefined,
): Promise<Written> {
  if (bundle === undefined || digest === undefined || fingerprint === undefined) return {};
  const written = join(into, `${slug}.zip`);
  await replaceFile(written, bundle, { mode: 0o644 });
  if (signerKey === undefined) return { written };
  const seal = `${written}.seal`;
  await replaceFile(seal, sealBundle({ slug, digest, fingerprint }, signerKey), { mode: 0o644 });
  return { written, seal };
}

async function readKey(path: string): Promise<string> {
  const handle = await openOwnFile(path).catch((cause: unknown) => {
    if (!(cause instanceof Error) || !("code" in cause) || cause.code !== "ENOENT") throw cause;
    throw new CodedError({
      code: "KEY_MISSING",
      message: `expected a key at ${path}, got no file`,
      hint: "Make one: clawkeep-skill bundle-key NAME --into FILE",
    });
  });
  try {
    return Buffer.from(await readFully(handle, 0, 4096)).toString("utf8");
  } finally {
    await handle.close();
  }
}

function refuseInside(folders: readonly string[], into: string): void {
  for (const folder of folders) {
    const path = relative(resolve(folder), into);
    if (path === ".." || path.startsWith(`..${sep}`)) continue;
    throw new CodedError({
      code: "PACK_INSIDE",
      message: `expected a place outside ${folder}, got ${into}`,
      hint: "The bundle would be part of the next bundle. Name another folder: --into PATH",
    });
  }
}

function refuseTwins(
  packs: readonly { readonly folder: string; readonly pack: SkillPack }[],
): void {
  const seen = new Map<string, string>();
  for (const { folder, pack } of packs) {
    const twin = pack.slug === "" ? undefined : seen.get(pack.slug);
    seen.set(pack.slug, folder);
    if (twin === undefined) continue;
    throw new CodedError({
      code: "PACK_SAME_SLUG",
      message: `expected one folder for ${pack.slug}.zip, got ${basename(twin)} and ${basename(folder)}`,
      hint: "Rename one, or pack them into folders of their own.",
    });
  }
}
