import type { Condition, SystemCallRule } from "./rules.ts";

/** A call that an observed run is asked about, and where its arguments say what it is about. */
export interface ObservedCall {
  readonly name: string;
  /** Numbers from the kernel's unistd tables; absent where the architecture has no such call. */
  readonly numbers: SystemCallRule["numbers"];
  readonly kind: "write" | "network" | "process";
  /** Only then is the kernel to ask. */
  readonly when?: Condition;
  /** In the words of the observer's plan (`crates/observer/src/plan.rs`): argument numbers from 0. */
  readonly subjects: readonly string[];
}

/** `O_WRONLY`, `O_RDWR`, `O_CREAT` and `O_TRUNC`, the same on x86-64 and arm64. */
const WRITING = 0o1 | 0o2 | 0o100 | 0o1000;
/** Which differs: arm64 has 0o100000. */
const NO_FOLLOW: number = process.arch === "arm64" ? 0o100_000 : 0o400_000;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_SYMLINK_FOLLOW = 0x400;

function observe(
  kind: ObservedCall["kind"],
  name: string,
  x64: number | undefined,
  arm64: number | undefined,
  subjects: readonly string[],
  when?: Condition,
): ObservedCall {
  return {
    kind,
    name,
    numbers: { ...(x64 === undefined ? {} : { x64 }), ...(arm64 === undefined ? {} : { arm64 }) },
    subjects,
    ...(when === undefined ? {} : { when }),
  };
}

const writesBit = (argument: number): Condition => ({ argument, test: "any-bit", mask: WRITING });
const unlessLinkFlag = `${AT_SYMLINK_NOFOLLOW}:itself`;

/** Every call that changes a file, uses a socket or starts a program. Reads are not watched. */
export const observedCalls: readonly ObservedCall[] = [
  observe("write", "open", 2, undefined, ["path:0:follow"], writesBit(1)),
  observe("write", "openat", 257, 56, [`flagged:0:1:2:${NO_FOLLOW}:itself`], writesBit(2)),
  observe("write", "openat2", 437, 437, ["how:0:1:2"]),
  observe("write", "creat", 85, undefined, ["path:0:follow"]),
  observe("write", "truncate", 76, 45, ["path:0:follow"]),
  observe("write", "mkdir", 83, undefined, ["path:0:itself"]),
  observe("write", "mkdirat", 258, 34, ["at:0:1:itself"]),
  observe("write", "rmdir", 84, undefined, ["path:0:itself"]),
  observe("write", "unlink", 87, undefined, ["path:0:itself"]),
  observe("write", "unlinkat", 263, 35, ["at:0:1:itself"]),
  observe("write", "rename", 82, undefined, ["path:0:itself", "path:1:itself"]),
  observe("write", "renameat", 264, 38, ["at:0:1:itself", "at:2:3:itself"]),
  observe("write", "renameat2", 316, 276, ["at:0:1:itself", "at:2:3:itself"]),
  observe("write", "link", 86, undefined, ["path:0:itself", "path:1:itself"]),
  observe("write", "linkat", 265, 37, [
    `flagged:0:1:4:${AT_SYMLINK_FOLLOW}:follow`,
    "at:2:3:itself",
  ]),
  observe("write", "symlink", 88, undefined, ["path:1:itself"]),
  observe("write", "symlinkat", 266, 36, ["at:1:2:itself"]),
  observe("write", "mknod", 133, undefined, ["path:0:itself"]),
  observe("write", "mknodat", 259, 33, ["at:0:1:itself"]),

  observe("write", "chmod", 90, undefined, ["path:0:follow"]),
  observe("write", "fchmod", 91, 52, ["descriptor:0"]),
  observe("write", "fchmodat", 268, 53, ["at:0:1:follow"]),
  observe("write", "fchmodat2", 452, 452, [`flagged:0:1:3:${unlessLinkFlag}`]),
  observe("write", "chown", 92, undefined, ["path:0:follow"]),
  observe("write", "lchown", 94, undefined, ["path:0:itself"]),
  observe("write", "fchown", 93, 55, ["descriptor:0"]),
  observe("write", "fchownat", 260, 54, [`flagged:0:1:4:${unlessLinkFlag}`]),
  observe("write", "utime", 132, undefined, ["path:0:follow"]),
  observe("write", "utimes", 235, undefined, ["path:0:follow"]),
  observe("write", "futimesat", 261, undefined, ["at:0:1:follow"]),
  observe("write", "utimensat", 280, 88, [`flagged:0:1:3:${unlessLinkFlag}`]),
  observe("write", "setxattr", 188, 5, ["path:0:follow"]),
  observe("write", "lsetxattr", 189, 6, ["path:0:itself"]),
  observe("write", "fsetxattr", 190, 7, ["descriptor:0"]),
  observe("write", "removexattr", 197, 14, ["path:0:follow"]),
  observe("write", "lremovexattr", 198, 15, ["path:0:itself"]),
  observe("write", "fremovexattr", 199, 16, ["descriptor:0"]),

  observe("network", "socket", 41, 198, ["family:0"]),
  observe("network", "connect", 42, 203, ["address:1:2"]),
  observe("network", "bind", 49, 200, ["address:1:2"]),
  observe("network", "sendto", 44, 206, ["address:4:5"], { argument: 4, test: "not-zero" }),
  observe("network", "sendmsg", 46, 211, ["message:1"]),
  observe("network", "sendmmsg", 307, 269, ["message:1"]),

  observe("process", "execve", 59, 221, ["path:0:follow"]),
  observe("process", "execveat", 322, 281, [`flagged:0:1:4:${unlessLinkFlag}`]),
];
