import { readFileSync, readdirSync, readlinkSync } from "node:fs";

/** A socket that waits for connections on this host, in this network namespace. */
export interface Listener {
  /** As people write it: `127.0.0.1`, `0.0.0.0`, `::`. */
  readonly address: string;
  readonly port: number;
  /** Who holds it, where that may be seen. */
  readonly pid: number | undefined;
  /** Name of the program; empty where it may not be seen. */
  readonly program: string;
}

/** Reads `/proc/net/tcp` and `/proc/net/tcp6`; undefined where there is none. */
export function readListeners(): readonly Listener[] | undefined {
  const tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(textOf);
  if (tables[0] === undefined) return undefined;
  const sockets = tables.flatMap((text) => parseListeners(text ?? ""));
  const owners = ownersOf(new Set(sockets.map(({ inode }) => inode)));
  return sockets.map(({ address, port, inode }) => ({
    address,
    port,
    pid: owners.get(inode),
    program: programOf(owners.get(inode)),
  }));
}

/** The listening sockets of one table of the kernel. Lines of another form are left out. */
export function parseListeners(
  text: string,
): readonly { readonly address: string; readonly port: number; readonly inode: string }[] {
  return text.split("\n").flatMap((line) => {
    const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/u);
    const [, hex = "", port = ""] = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/u.exec(local) ?? [];
    if (hex === "" || state !== "0A") return [];
    return [{ address: addressOf(hex), port: Number.parseInt(port, 16), inode }];
  });
}

/** Each group of eight digits is a 32-bit number in the order of this processor, which is little-endian. */
function addressOf(hex: string): string {
  const bytes = (hex.match(/.{8}/gu) ?? []).flatMap((group) =>
    (group.match(/../gu) ?? []).map((pair) => Number.parseInt(pair, 16)).toReversed(),
  );
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.every((byte) => byte === 0)) return "::";
  if (bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1) return "::1";
  if (bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255) {
    return bytes.slice(12).join(".");
  }
  const groups = bytes.flatMap((byte, index) =>
    index % 2 === 0 ? [((byte << 8) | (bytes[index + 1] ?? 0)).toString(16)] : [],
  );
  return groups.join(":");
}

function ownersOf(inodes: ReadonlySet<string>): ReadonlyMap<string, number> {
  const owners = new Map<string, number>();
  for (const pid of namesIn("/proc").filter((name) => /^[0-9]+$/u.test(name))) {
    for (const fd of namesIn(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[([0-9]+)\]$/u.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1];
      if (inode !== undefined && inodes.has(inode)) owners.set(inode, Number(pid));
    }
  }
  return owners;
}

function programOf(pid: number | undefined): string {
  return pid === undefined ? "" : (textOf(`/proc/${pid}/comm`) ?? "").trim();
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return "";
  }
}
