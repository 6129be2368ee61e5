import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import path from "node:path";

import { CodedError } from "@clawkeep/diagnostics";
import { checkPrivateFolder, openOwnFile } from "@clawkeep/durable-files";

/** One token and whom it stands for. */
export interface AccessToken {
  /** Name in logs and records; not a secret. */
  readonly id: string;
  readonly token: string;
}

/** Who may ask, by token. */
export interface AccessTokens {
  /** Whose token an `Authorization` header carries; undefined for none that is known. */
  authenticate(header: string | undefined): string | undefined;
}

const form = /^[A-Za-z0-9_-]{32,512}$/u;

/**
 * Makes tokens out of a list. What comes is compared by digest and with all of them, in the same time
 * whichever it is.
 *
 * @throws CodedError `TOKEN_FORM` for a token that is short or has other characters; `TOKEN_NONE`
 */
export function accessTokens(tokens: readonly AccessToken[]): AccessTokens {
  if (tokens.length === 0) {
    throw new CodedError({ code: "TOKEN_NONE", message: "expected at least one token, got none" });
  }
  const known = tokens.map(({ id, token }) => {
    if (!form.test(token)) {
      throw new CodedError({
        code: "TOKEN_FORM",
        message: `expected 32 to 512 letters, digits, "-" and "_" as the token of ${id}`,
        hint: "Let the service make it, or: openssl rand -hex 32",
      });
    }
    return { id, digest: sha256(token) };
  });
  return {
    authenticate: (header) => {
      const given = /^Bearer ([\x21-\x7e]{1,512})$/u.exec(header ?? "")?.[1];
      if (given === undefined) return undefined;
      const digest = sha256(given);
      let found: string | undefined;
      for (const token of known) {
        if (timingSafeEqual(digest, token.digest)) found = token.id;
      }
      return found;
    },
  };
}

/**
 * The token in a file that only this uid can read; makes one of 256 random bits when there is none.
 *
 * @throws CodedError of `checkPrivateFolder` and `openOwnFile`; `TOKEN_FORM`
 */
export async function tokenFromFile(file: string): Promise<string> {
  await checkPrivateFolder(path.dirname(file));
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  try {
    await using handle = await open(file, flags, 0o600);
    const token = randomBytes(32).toString("base64url");
    await handle.writeFile(`${token}\n`);
    await handle.sync();
    return token;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  await using handle = await openOwnFile(file);
  const token = (await handle.readFile("utf8")).trim();
  if (!form.test(token)) {
    throw new CodedError({
      code: "TOKEN_FORM",
      message: `expected one line with a token in ${file}, got something else`,
      hint: "Remove the file: the next start makes a new one.",
    });
  }
  return token;
}

function sha256(text: string): Buffer {
  return hash("sha256", text, "buffer");
}
