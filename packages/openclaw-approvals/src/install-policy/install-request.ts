import { CodedError } from "@clawkeep/diagnostics";
import { z } from "zod";

/** What OpenClaw asks its install policy about; keys beyond these are for others. */
export interface InstallRequest {
  readonly targetType: string;
  readonly targetName: string;
  /** The staged folder, or a file. */
  readonly sourcePath: string;
  readonly sourcePathKind: string;
  /** True for the question that `openclaw doctor --deep` asks to see whether anybody answers. */
  readonly isProbe: boolean;
}

/** OpenClaw sends 262,144 bytes at most. */
export const maxRequestBytes: number = 262_144;

const shape = z.object({
  protocolVersion: z.literal(1),
  targetType: z.string(),
  targetName: z.string(),
  sourcePath: z.string().startsWith("/"),
  sourcePathKind: z.string(),
  origin: z.object({ type: z.string().optional() }).optional(),
});

/**
 * Reads the question on standard input of `security.installPolicy.exec`, protocol version 1.
 * @throws CodedError INSTALL_REQUEST
 */
export function readInstallRequest(text: string): InstallRequest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refusal("got text that is not JSON");
  }
  const parsed = shape.safeParse(value);
  if (!parsed.success) {
    throw refusal(
      parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "),
    );
  }
  const { targetType, targetName, sourcePath, sourcePathKind, origin } = parsed.data;
  const isProbe = origin?.type === "doctor";
  return { targetType, targetName, sourcePath, sourcePathKind, isProbe };
}

function refusal(why: string): CodedError {
  return new CodedError({
    code: "INSTALL_REQUEST",
    message: `expected a request of OpenClaw's install policy, protocol 1: ${why}`,
    hint: "OpenClaw asks by itself once security.installPolicy names this command.",
  });
}
