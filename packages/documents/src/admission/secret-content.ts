interface SecretKind {
  readonly name: string;
  /** Bytes that every secret of the kind holds: searched for first, because that is a memory scan. */
  readonly marks: readonly string[];
  /** How far before and behind a mark the whole secret may reach, in bytes. */
  readonly reach: number;
  readonly pattern: RegExp;
  /** Fewest different characters of the matched text, so that `ghp_xxxx…` in a manual is no secret. */
  readonly variety: number;
}

/** An armour line alone is what manuals print; with key material behind it, it is a key. */
const privateKeyBlock =
  /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----[^]{0,400}?[A-Za-z0-9+/]{40}/u;

const kinds: readonly SecretKind[] = [
  {
    name: "private key",
    marks: ["PRIVATE KEY"],
    reach: 600,
    pattern: privateKeyBlock,
    variety: 1,
  },
  {
    name: "PuTTY private key",
    marks: ["PuTTY-User-Key-File-"],
    reach: 64,
    pattern: /PuTTY-User-Key-File-[0-9]+:/u,
    variety: 1,
  },
  {
    name: "AWS access key id",
    marks: ["AKIA", "ASIA"],
    reach: 32,
    pattern: /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])/u,
    variety: 6,
  },
  {
    name: "GitHub token",
    marks: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
    reach: 128,
    pattern: /(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})/u,
    variety: 14,
  },
  {
    name: "npm token",
    marks: ["npm_"],
    reach: 64,
    pattern: /(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])/u,
    variety: 14,
  },
  {
    name: "Slack token",
    marks: ["xoxb-", "xoxp-", "xapp-"],
    reach: 128,
    pattern: /(?<![A-Za-z0-9])(?:xox[bp]|xapp)-[A-Za-z0-9-]{40,}/u,
    variety: 14,
  },
  {
    name: "age secret key",
    marks: ["AGE-SECRET-KEY-1"],
    reach: 96,
    pattern: /AGE-SECRET-KEY-1[A-Z0-9]{58}/u,
    variety: 14,
  },
];

/** A secret found in a file's content. */
export interface SecretContent {
  readonly name: string;
  /** Of the first byte, from the start of the file. */
  readonly byteOffset: number;
}

/** Looks for private keys and access tokens. The secret itself is never part of the answer. */
export function findSecretContent(bytes: Uint8Array): SecretContent | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const kind of kinds) {
    for (const mark of kind.marks) {
      const found = findKind(buffer, kind, mark);
      if (found !== undefined) {
        return { name: kind.name, byteOffset: found };
      }
    }
  }
  return undefined;
}

function findKind(buffer: Buffer, kind: SecretKind, mark: string): number | undefined {
  for (let at = buffer.indexOf(mark); at !== -1; at = buffer.indexOf(mark, at + mark.length)) {
    const start = Math.max(0, at - 48);
    // Latin-1 keeps one character a byte, so that the match's index is a byte offset.
    const window = buffer.toString("latin1", start, at + kind.reach);
    const match = kind.pattern.exec(window);
    if (match !== null && new Set(match[0]).size >= kind.variety) {
      return start + match.index;
    }
  }
  return undefined;
}
