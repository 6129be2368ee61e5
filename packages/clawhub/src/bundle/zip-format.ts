/** A record of the format: how it begins, and its length without names. */
interface ZipRecord {
  readonly signature: number;
  readonly bytes: number;
}

interface ZipFormat {
  readonly local: ZipRecord;
  readonly central: ZipRecord;
  readonly end: ZipRecord;
  readonly madeBy: number;
  readonly needed: number;
  readonly utf8: number;
  readonly stored: number;
  readonly date: number;
  readonly time: number;
  readonly attributes: number;
}

/** The parts of the ZIP format (PKWARE APPNOTE 6.3.10, 4.3) that a bundle is made of: stored entries, one disk, no ZIP64. */
export const zip: ZipFormat = {
  local: { signature: 0x04034b50, bytes: 30 },
  central: { signature: 0x02014b50, bytes: 46 },
  end: { signature: 0x06054b50, bytes: 22 },
  // Made by: UNIX (3), format 2.0.
  madeBy: (3 << 8) | 20,
  needed: 20,
  // Names are UTF-8 (bit 11).
  utf8: 0x0800,
  stored: 0,
  // 1980-01-01 00:00, the first moment that the format knows.
  date: (1 << 5) | 1,
  time: 0,
  // A regular file, 0644: the registry keeps no modes.
  attributes: (0o100644 << 16) >>> 0,
};
