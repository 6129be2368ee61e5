/**
 * The vocabulary as the embedder looks words up in it, so that a cold start does not have to make it:
 * a head of 64 bytes (`CKWORDS1`, then 32-bit count, capacity, units, longest), where each entry's
 * UTF-16 units begin (32 bits, and one more for the end), a hash table of `id + 1` (16 bits, linear
 * probing, FNV-1a with its high bits folded in), the units. Little-endian.
 */
export function buildVocabularyTable(text: string): Uint8Array {
  const entries = text.split("\n");
  if (entries.pop() !== "" || entries.length > 0xfffe) {
    throw new Error("expected at most 65,534 entries, each with an end of line");
  }
  let capacity = 1024;
  while (capacity < entries.length * 2) {
    capacity *= 2;
  }
  const offsets = new Uint32Array(entries.length + 1);
  const slots = new Uint16Array(capacity);
  entries.forEach((entry, id) => {
    offsets[id + 1] = (offsets[id] ?? 0) + entry.length;
    let slot = hashOf(entry) & (capacity - 1);
    while (slots[slot] !== 0) {
      slot = (slot + 1) & (capacity - 1);
    }
    slots[slot] = id + 1;
  });
  const units = Uint16Array.from(entries.join(""), (unit) => unit.charCodeAt(0));
  const head = Buffer.alloc(64);
  head.write("CKWORDS1", "latin1");
  const longest = entries.reduce((most, entry) => Math.max(most, entry.length), 0);
  [entries.length, capacity, units.length, longest].forEach((value, index) => {
    head.writeUInt32LE(value, 8 + index * 4);
  });
  return Buffer.concat([
    head,
    ...[offsets, slots, units].map((array) => Buffer.from(array.buffer)),
  ]);
}

function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash ^ (hash >>> 15)) >>> 0;
}
