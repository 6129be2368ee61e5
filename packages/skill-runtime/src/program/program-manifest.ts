import { CodedError } from "@clawkeep/diagnostics";
import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";

/** Name of the file that makes a folder an installed program. */
export const programManifestName: string = "clawkeep.program.json";

const relative: z.ZodType<string> = z
  .string()
  .min(1)
  .max(1024)
  .refine(
    (text) =>
      !path.posix.isAbsolute(text) && path.posix.normalize(text) === text && !text.startsWith(".."),
    "expected a relative path without . or .. parts",
  );

/** What `clawkeep.program.json` says: what a program is made of. */
export interface ProgramManifest {
  readonly program: 1;
  readonly name: string;
  readonly interpreter: "node" | "none";
  /** The file that runs, relative to the program's folder. */
  readonly entry: string;
  /** Files and folders of the program's folder, and parts of packages that it resolves. */
  readonly closure: readonly (string | PackagePart)[];
}

/** Files and folders of one package; they keep their place below `node_modules/<package>`. */
export interface PackagePart {
  readonly package: string;
  readonly files: readonly string[];
  /** What is absent is left out, as for the packages of other platforms. */
  readonly optional?: boolean;
  /** `process.platform`-`process.arch`; on every other platform the part is left out. */
  readonly platform?: string;
}

const schema: z.ZodType<ProgramManifest> = z.strictObject({
  program: z.literal(1),
  name: z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/u),
  interpreter: z.enum(["node", "none"]),
  entry: relative,
  closure: z
    .array(
      z.union([
        relative,
        z.strictObject({
          package: z.string().min(1).max(214),
          files: z.array(relative).min(1).max(1000),
          optional: z.boolean().exactOptional(),
          platform: z
            .string()
            .regex(/^[a-z0-9]+-[a-z0-9]+$/u)
            .exactOptional(),
        }),
      ]),
    )
    .max(1000),
});

/** A program's folder and its manifest. */
export interface InstalledProgram {
  readonly folder: string;
  readonly manifest: ProgramManifest;
}

/**
 * Finds an installed program: a folder of the list that is the program itself, or that holds it under
 * its name. The list comes from the application.
 * @throws CodedError PROGRAM_MISSING, PROGRAM_MANIFEST_INVALID
 */
export function findProgram(name: string, programFolders: readonly string[]): InstalledProgram {
  for (const folder of programFolders.flatMap((at) => [at, path.join(at, name)])) {
    const manifest = readManifest(path.join(folder, programManifestName));
    if (manifest?.name === name) {
      return { folder, manifest };
    }
  }
  throw new CodedError({
    code: "PROGRAM_MISSING",
    message: `the program ${name} is not installed (looked in ${programFolders.join(", ") || "no folder"})`,
    hint: "install the program, or give the folder that holds it",
  });
}

function readManifest(file: string): ProgramManifest | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new CodedError({
      code: "PROGRAM_MANIFEST_INVALID",
      message: `${file} is not a program manifest of version 1`,
      hint: '{"program":1,"name","interpreter":"node"|"none","entry","closure":[…]}',
      cause,
    });
  }
}
