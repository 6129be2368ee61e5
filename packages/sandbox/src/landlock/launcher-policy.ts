/** What a grant lets the program do: the numbers of `crates/launcher/src/policy.rs`. */
const classes = { read: 1, write: 2, device: 3 } as const;

/** Something of the file system that the program may use. A path that does not exist is skipped. */
export interface Grant {
  readonly class: keyof typeof classes;
  readonly at: { readonly descriptor: number } | { readonly path: string };
}

/** What the launcher reads from its policy descriptor. */
export interface LauncherPolicy {
  readonly program: { readonly descriptor: number } | { readonly path: string };
  /** The program's own name first. */
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly grants: readonly Grant[];
  readonly rlimits: readonly { readonly resource: number; readonly value: number }[];
  readonly umask: number;
  readonly filterBytes: number;
  /** Descriptors that stay open in the program. */
  readonly kept: readonly number[];
}

/** Writes the form that `crates/launcher/src/policy.rs` reads: version 1. */
export function encodeLauncherPolicy(policy: LauncherPolicy): Uint8Array {
  const entries: Buffer[] = [
    "descriptor" in policy.program
      ? entry(1, number(policy.program.descriptor))
      : entry(2, Buffer.from(policy.program.path)),
    ...policy.argv.map((text) => entry(3, Buffer.from(text))),
    ...Object.entries(policy.environment).map(([name, value]) =>
      entry(4, Buffer.from(`${name}=${value}`)),
    ),
    entry(5, Buffer.from(policy.cwd)),
    ...policy.grants.map(({ class: kind, at }) =>
      "descriptor" in at
        ? entry(6, Buffer.of(classes[kind]), number(at.descriptor))
        : entry(7, Buffer.of(classes[kind]), Buffer.from(at.path)),
    ),
    ...policy.rlimits.map(({ resource, value }) => entry(8, number(resource), wide(value))),
    entry(9, number(policy.umask)),
    ...policy.kept.map((descriptor) => entry(10, number(descriptor))),
    entry(11, number(policy.filterBytes)),
  ];
  const body = Buffer.concat(entries);
  return Buffer.concat([Buffer.from("CKLAUNCH"), number(1), number(body.length), body]);
}

function entry(tag: number, ...payload: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat(payload);
  return Buffer.concat([Buffer.of(tag), number(bytes.length), bytes]);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function wide(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
