import { CodedError } from "@clawkeep/diagnostics";
import { openRegularFile } from "@clawkeep/durable-files";
import { readStrictYaml, readText } from "@clawkeep/skill-format";
import path from "node:path";
import { z } from "zod";

/** What the user that runs skills decided once, see docs/runtime-config.md. */
export interface RuntimeConfiguration {
  readonly metrics?: {
    /** Absolute path of the file that runs are counted in. */
    readonly file: string;
  };
}

const schema: z.ZodType<RuntimeConfiguration> = z.strictObject({
  metrics: z
    .strictObject({
      file: z.string().refine((file) => path.isAbsolute(file), "expected an absolute path"),
    })
    .exactOptional(),
});

/** The configuration file of a state folder. */
export function configurationPath(home: string): string {
  return path.join(home, "config.yaml");
}

/**
 * Reads the configuration of a state folder; one that is not there decides nothing.
 * @throws CodedError CONFIG_MALFORMED, FILE_NOT_REGULAR
 */
export async function readConfiguration(home: string): Promise<RuntimeConfiguration> {
  const file = configurationPath(home);
  const bytes = await bytesOf(file);
  if (bytes === undefined) return {};
  const { text, findings } = readText(bytes, file);
  const yaml = text === undefined ? undefined : readStrictYaml(text, { file });
  const wrong = [...findings, ...(yaml?.findings ?? [])].find(
    ({ severity }) => severity === "error",
  );
  if (wrong !== undefined) throw malformed(file, wrong.message);
  // A file of comments only is an empty one.
  const parsed = schema.safeParse(yaml?.value ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw malformed(file, `${issue?.path.join(".") || "top level"}: ${issue?.message ?? ""}`);
}

async function bytesOf(file: string): Promise<Uint8Array | undefined> {
  try {
    const handle = await openRegularFile(file);
    try {
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw cause;
  }
}

function malformed(file: string, what: string): CodedError {
  return new CodedError({
    code: "CONFIG_MALFORMED",
    message: `${file}: ${what}`,
    hint: "docs/runtime-config.md has all keys. Nothing was run.",
  });
}
