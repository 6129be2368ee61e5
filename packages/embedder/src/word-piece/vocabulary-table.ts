import { endianness } from "node:os";

import type { Vocabulary } from "./vocabulary.ts";
import { hashFactor, hashOf, hashStart, invalid, longestAllowed, mixHash } from "./vocabulary.ts";

const magic = "CKWORDS1";
const headBytes = 64;

/** True for a table that the model's build made; see its `vocabulary-table.ts`. */
export function isVocabularyTable(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, magic.length)).toString("latin1") === magic;
}

/**
 * Opens the table without making anything: three arrays over its bytes. (In a cold process the same
 * entries out of text took a tenth of the time of a query.)
 *
 * @throws CodedError `VOCABULARY_INVALID` when its parts do not fit together.
 */
export function openVocabularyTable(file: Uint8Array): Vocabulary {
  if (endianness() !== "LE") {
    throw invalid("a table can only be read on a little-endian processor");
  }
  // A view of 32-bit numbers must begin at a multiple of four.
  const bytes = file.byteOffset % 4 === 0 ? file : file.slice();
  const { buffer, byteOffset } = bytes;
  if (bytes.length < headBytes) {
    throw invalid("the table is cut short");
  }
  const [size = 0, capacity = 0, unitCount = 0, longest = 0] = new Uint32Array(
    buffer,
    byteOffset + 8,
    4,
  );
  const slotsAt = headBytes + (size + 1) * 4;
  const unitsAt = slotsAt + capacity * 2;
  const sound =
    bytes.length === unitsAt + unitCount * 2 &&
    size > 0 &&
    capacity >= size * 2 &&
    (capacity & (capacity - 1)) === 0 &&
    longest <= longestAllowed;
  if (!sound) {
    throw invalid("the parts of the table do not fit together");
  }
  const offsets = new Uint32Array(buffer, byteOffset + headBytes, size + 1);
  const slots = new Uint16Array(buffer, byteOffset + slotsAt, capacity);
  const entries = new Uint16Array(buffer, byteOffset + unitsAt, unitCount);
  const mask = capacity - 1;
  const continuation = hashOf("##");
  const hashes = new Int32Array(longestAllowed + 1);

  function find(
    hashed: number,
    length: number,
    prefix: number,
    units: Uint16Array,
    from: number,
  ): number {
    let slot = mixHash(hashed) & mask;
    // Bounded, because the file may be anything.
    for (let step = 0; step < capacity; step += 1) {
      const id = (slots[slot] ?? 0) - 1;
      if (id < 0) {
        return -1;
      }
      slot = (slot + 1) & mask;
      const entry = offsets[id] ?? 0;
      if ((offsets[id + 1] ?? 0) - entry !== length + prefix) {
        continue;
      }
      let same = prefix === 0 || (entries[entry] === 35 && entries[entry + 1] === 35);
      for (let index = 0; same && index < length; index += 1) {
        same = entries[entry + prefix + index] === units[from + index];
      }
      if (same) {
        return id;
      }
    }
    return -1;
  }

  return {
    size,
    longest,
    idOf(entry) {
      const units = Uint16Array.from(entry, (character) => character.charCodeAt(0));
      return find(hashOf(entry), units.length, 0, units, 0);
    },
    longestPrefix(units, from, end, continued) {
      const prefix = continued ? 2 : 0;
      const limit = Math.min(end - from, longest - prefix);
      let running = continued ? continuation : hashStart;
      for (let index = 0; index < limit; index += 1) {
        running = Math.imul(running ^ (units[from + index] ?? 0), hashFactor);
        hashes[index] = running;
      }
      for (let length = limit; length > 0; length -= 1) {
        const id = find(hashes[length - 1] ?? 0, length, prefix, units, from);
        if (id >= 0) {
          return id * 128 + length;
        }
      }
      return -1;
    },
  };
}
