import { CodedError } from "@clawkeep/diagnostics";

/** Where the next page of an answer begins, and in which snapshot: another one would repeat or skip. */
export interface PageStart {
  readonly offset: number;
  readonly snapshotRoot: string;
}

/** A cursor that clients hand back as it is. */
export function encodeCursor({ offset, snapshotRoot }: PageStart): string {
  return Buffer.from(JSON.stringify([offset, snapshotRoot])).toString("base64url");
}

/** @throws CodedError `CURSOR_INVALID` */
export function decodeCursor(cursor: string): PageStart {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    const [offset, snapshotRoot] = value as readonly unknown[];
    if (
      typeof offset === "number" &&
      Number.isSafeInteger(offset) &&
      offset > 0 &&
      typeof snapshotRoot === "string"
    ) {
      return { offset, snapshotRoot };
    }
  } catch {
    // As below.
  }
  throw new CodedError({
    code: "CURSOR_INVALID",
    message: "expected a cursor of an earlier answer",
    hint: "Ask again without one.",
  });
}
