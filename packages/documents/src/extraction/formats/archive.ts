import { unzipSync } from "fflate";

import { Refusal } from "../child/refusal.ts";

/** Bytes that the wanted members of one archive may have when they are unpacked. */
const maxUnpacked = 128 * 1024 * 1024;
const maxMemberBytes = 64 * 1024 * 1024;
const maxMembers = 10_000;
/** Deflate cannot do better than 1032 to 1; what comes near is no document (zlib's technical details). */
const maxRatio = 1000;

/** Wanted members of a ZIP archive by name. */
export type Members = ReadonlyMap<string, Uint8Array>;

/**
 * Unpacks those members of a ZIP archive that are wanted. Sizes are those that the archive states; the
 * unpacker holds each member to its own, so that a lie gives an error and not memory.
 */
export function readArchive(bytes: Uint8Array, wanted: (name: string) => boolean): Members {
  let members = 0;
  let total = 0;
  const unpacked = unzipSync(bytes, {
    filter: ({ name, size, originalSize, compression }) => {
      members += 1;
      if (members > maxMembers) {
        throw tooMuch(`more than ${maxMembers} members`);
      }
      if (!wanted(name)) {
        return false;
      }
      if (compression !== 0 && compression !== 8) {
        throw new Refusal("DOCUMENT_DAMAGED", "it is packed in a way that such files are not");
      }
      total += originalSize;
      const isBomb = originalSize > 1024 * 1024 && originalSize > size * maxRatio;
      if (originalSize > maxMemberBytes || total > maxUnpacked || isBomb) {
        throw tooMuch(`${total} bytes and more out of ${bytes.length}`);
      }
      return true;
    },
  });
  return new Map(Object.entries(unpacked));
}

/** A member that must be there. */
export function requireMember(members: Members, name: string): Uint8Array {
  const member = members.get(name);
  if (member === undefined) {
    throw new Refusal("DOCUMENT_DAMAGED", `its part ${name} is missing`);
  }
  return member;
}

function tooMuch(got: string): Refusal {
  const message = `expected an archive that unpacks to at most ${maxUnpacked} bytes, got ${got}`;
  return new Refusal("DOCUMENT_EXTRACTION_SIZE", message);
}
