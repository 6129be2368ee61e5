/** The machines that the filter is written for, as Node names them. */
export type FilterArchitecture = "x64" | "arm64";

/** Error that a refused call returns. */
export type RefusalError = "EPERM" | "EACCES" | "ENOSYS";

/** One test on an argument of a system call. Only the low 32 bits are looked at unless it says so. */
export type Condition =
  | { readonly argument: number; readonly test: "equals"; readonly value: number }
  | {
      readonly argument: number;
      readonly test: "masked-not-in";
      readonly mask: number;
      readonly values: readonly number[];
    }
  | { readonly argument: number; readonly test: "any-bit"; readonly mask: number }
  /** All 64 bits. */
  | { readonly argument: number; readonly test: "not-zero" };

/** Refuses one system call, always or when a condition holds. */
export interface SystemCallRule {
  readonly name: string;
  /** Numbers from the kernel's unistd tables; absent where the architecture has no such call. */
  readonly numbers: { readonly x64?: number; readonly arm64?: number };
  readonly error: RefusalError;
  readonly when?: Condition;
}

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_SEQPACKET = 5;
/** `SOCK_NONBLOCK` and `SOCK_CLOEXEC` live above the type. */
const SOCKET_TYPE_MASK = 0xf;
/** NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
const NEW_NAMESPACE_FLAGS = 0x7e020000;

function refuse(
  name: string,
  x64: number | undefined,
  arm64: number | undefined,
  error: RefusalError,
  when?: Condition,
): SystemCallRule {
  return {
    name,
    numbers: { ...(x64 === undefined ? {} : { x64 }), ...(arm64 === undefined ? {} : { arm64 }) },
    error,
    ...(when === undefined ? {} : { when }),
  };
}

/**
 * The one table: the filter is made from it and the tests walk it.
 *
 * No socket of any family can be made, so a Unix socket that lies in a declared root cannot be
 * reached. Connected stream pairs stay, because Node and Python make them at start; a datagram pair
 * does not, because it can be pointed at another address afterwards. `clone3` and `io_uring` hide
 * their arguments from a filter, so they are "not implemented" and programs fall back.
 */
export const systemCallRules: readonly SystemCallRule[] = [
  refuse("socket", 41, 198, "EACCES"),
  refuse("socketpair", 53, 199, "EACCES", {
    argument: 0,
    test: "masked-not-in",
    mask: 0xffffffff,
    values: [AF_UNIX],
  }),
  refuse("socketpair", 53, 199, "EACCES", {
    argument: 1,
    test: "masked-not-in",
    mask: SOCKET_TYPE_MASK,
    values: [SOCK_STREAM, SOCK_SEQPACKET],
  }),
  refuse("connect", 42, 203, "EACCES"),
  refuse("bind", 49, 200, "EACCES"),
  refuse("listen", 50, 201, "EACCES"),
  refuse("accept", 43, 202, "EACCES"),
  refuse("accept4", 288, 242, "EACCES"),
  refuse("sendto", 44, 206, "EACCES", { argument: 4, test: "not-zero" }),
  refuse("io_uring_setup", 425, 425, "ENOSYS"),
  refuse("io_uring_enter", 426, 426, "ENOSYS"),
  refuse("io_uring_register", 427, 427, "ENOSYS"),

  refuse("ptrace", 101, 117, "EPERM"),
  refuse("process_vm_readv", 310, 270, "EPERM"),
  refuse("process_vm_writev", 311, 271, "EPERM"),
  refuse("kcmp", 312, 272, "EPERM"),
  refuse("pidfd_getfd", 438, 438, "EPERM"),
  refuse("keyctl", 250, 219, "EPERM"),
  refuse("add_key", 248, 217, "EPERM"),
  refuse("request_key", 249, 218, "EPERM"),
  refuse("userfaultfd", 323, 282, "EPERM"),
  refuse("bpf", 321, 280, "EPERM"),
  refuse("perf_event_open", 298, 241, "EPERM"),
  refuse("modify_ldt", 154, undefined, "EPERM"),

  refuse("unshare", 272, 97, "EPERM"),
  refuse("setns", 308, 268, "EPERM"),
  refuse("clone", 56, 220, "EPERM", { argument: 0, test: "any-bit", mask: NEW_NAMESPACE_FLAGS }),
  refuse("clone3", 435, 435, "ENOSYS"),
  refuse("mount", 165, 40, "EPERM"),
  refuse("umount2", 166, 39, "EPERM"),
  refuse("pivot_root", 155, 41, "EPERM"),
  refuse("chroot", 161, 51, "EPERM"),
  refuse("open_tree", 428, 428, "EPERM"),
  refuse("move_mount", 429, 429, "EPERM"),
  refuse("fsopen", 430, 430, "EPERM"),
  refuse("fsconfig", 431, 431, "EPERM"),
  refuse("fsmount", 432, 432, "EPERM"),
  refuse("fspick", 433, 433, "EPERM"),
  refuse("mount_setattr", 442, 442, "EPERM"),
  refuse("open_by_handle_at", 304, 265, "EPERM"),
  refuse("fanotify_init", 300, 262, "EPERM"),

  refuse("init_module", 175, 105, "EPERM"),
  refuse("finit_module", 313, 273, "EPERM"),
  refuse("delete_module", 176, 106, "EPERM"),
  refuse("kexec_load", 246, 104, "EPERM"),
  refuse("kexec_file_load", 320, 294, "EPERM"),
  refuse("reboot", 169, 142, "EPERM"),
  refuse("swapon", 167, 224, "EPERM"),
  refuse("swapoff", 168, 225, "EPERM"),
  refuse("acct", 163, 89, "EPERM"),
  refuse("quotactl", 179, 60, "EPERM"),
  refuse("settimeofday", 164, 170, "EPERM"),
  refuse("clock_settime", 227, 112, "EPERM"),
  refuse("syslog", 103, 116, "EPERM"),
  refuse("vhangup", 153, 58, "EPERM"),
  refuse("iopl", 172, undefined, "EPERM"),
  refuse("ioperm", 173, undefined, "EPERM"),

  /** TIOCSTI types into the terminal, TIOCLINUX pastes into it, TIOCSETD changes its line driver. */
  refuse("ioctl", 16, 29, "EPERM", { argument: 1, test: "equals", value: 0x5412 }),
  refuse("ioctl", 16, 29, "EPERM", { argument: 1, test: "equals", value: 0x541c }),
  refuse("ioctl", 16, 29, "EPERM", { argument: 1, test: "equals", value: 0x5423 }),
];

/** `PRIO_PROCESS`, `IOPRIO_WHO_PROCESS`: this process, when the id beside it is 0. */
const PRIO_PROCESS = 0;
const IOPRIO_WHO_PROCESS = 1;
/** `fcntl.h`. */
const AT_EMPTY_PATH = 0x1000;

/**
 * What level `landlock` refuses besides. Landlock rules over contents, not over metadata, nor over
 * files that are on no disk; and there is no namespace, so that other processes of the same user have
 * numbers that can be named. A process cannot leave its group, so that the group can be killed.
 */
export const landlockCallRules: readonly SystemCallRule[] = [
  ...systemCallRules,
  refuse("chmod", 90, undefined, "EPERM"),
  refuse("fchmod", 91, 52, "EPERM"),
  refuse("fchmodat", 268, 53, "EPERM"),
  refuse("fchmodat2", 452, 452, "EPERM"),
  refuse("chown", 92, undefined, "EPERM"),
  refuse("fchown", 93, 55, "EPERM"),
  refuse("lchown", 94, undefined, "EPERM"),
  refuse("fchownat", 260, 54, "EPERM"),
  refuse("utime", 132, undefined, "EPERM"),
  refuse("utimes", 235, undefined, "EPERM"),
  refuse("futimesat", 261, undefined, "EPERM"),
  refuse("utimensat", 280, 88, "EPERM"),
  refuse("setxattr", 188, 5, "EPERM"),
  refuse("lsetxattr", 189, 6, "EPERM"),
  refuse("fsetxattr", 190, 7, "EPERM"),
  refuse("setxattrat", 463, 463, "EPERM"),
  refuse("removexattr", 197, 14, "EPERM"),
  refuse("lremovexattr", 198, 15, "EPERM"),
  refuse("fremovexattr", 199, 16, "EPERM"),
  refuse("removexattrat", 466, 466, "EPERM"),
  refuse("file_setattr", 469, 469, "EPERM"),
  /** FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR, FS_IOC_SETVERSION: attributes, through a readable file. */
  refuse("ioctl", 16, 29, "EPERM", { argument: 1, test: "equals", value: 0x40086602 }),
  refuse("ioctl", 16, 29, "EPERM", { argument: 1, test: "equals", value: 0x401c5820 }),
  refuse("ioctl", 16, 29, "EPERM", { argument: 1, test: "equals", value: 0x40087602 }),
  refuse("inotify_add_watch", 254, 27, "EPERM"),

  refuse("memfd_create", 319, 279, "EPERM"),
  refuse("execveat", 322, 281, "EPERM", { argument: 4, test: "any-bit", mask: AT_EMPTY_PATH }),

  refuse("setsid", 112, 157, "EPERM"),
  refuse("setpgid", 109, 154, "EPERM"),
  refuse("prlimit64", 302, 261, "EPERM", { argument: 0, test: "not-zero" }),
  refuse("setpriority", 141, 140, "EPERM", {
    argument: 0,
    test: "masked-not-in",
    mask: 0xffffffff,
    values: [PRIO_PROCESS],
  }),
  refuse("setpriority", 141, 140, "EPERM", { argument: 1, test: "not-zero" }),
  refuse("ioprio_set", 251, 30, "EPERM", {
    argument: 0,
    test: "masked-not-in",
    mask: 0xffffffff,
    values: [IOPRIO_WHO_PROCESS],
  }),
  refuse("ioprio_set", 251, 30, "EPERM", { argument: 1, test: "not-zero" }),
];
