import { expect, test } from "vitest";

import type { ExecutionPolicy } from "../../policy.ts";
import { landlockCallRules } from "../../seccomp/rules.ts";
import { watchedCalls } from "../observation-plan.ts";
import { readTrace } from "./read-trace.ts";
import type { ReadTrace } from "./read-trace.ts";

const hex = (text: string): string =>
  `"${[...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")}"`;
const at = (folder: string): string => `-100<${hex(folder).slice(1, -1)}>`;

const policy: ExecutionPolicy = {
  executable: { path: "/usr/bin/tool" },
  argv: [],
  cwd: "/",
  environment: {},
  readRoots: [],
  writeRoots: [{ source: "/w", target: "/w" }],
  limits: { timeoutMs: 1, stdoutBytes: 1, stderrBytes: 1 },
  network: "none",
  level: "landlock",
};

function read(lines: readonly string[], starts = 0): ReadTrace {
  return readTrace([`1 execve(${hex("/usr/bin/tool")}, [], 0x1) = 0`, ...lines].join("\n"), {
    policy,
    level: "landlock",
    program: "/usr/bin/tool",
    starts,
    calls: watchedCalls(landlockCallRules, "x64"),
    privateFolders: ["/tmp"],
    cwd: "/",
    readLink: (path) => (path === "/bin" ? "usr/bin" : undefined),
  });
}

test("tells what was tried, by whom, and how often", () => {
  const write = `1 openat(${at("/w")}, ${hex("../x")}, 0x241, 0666) = -1 EACCES (Permission denied)`;
  const { attempts, isWhole } = read([
    write,
    write,
    `1 openat(${at("/w")}, ${hex("y")}, 0x241, 0666) = 3`,
    `1 openat(${at("/w")}, ${hex("y")}, 0x80000) = 3`,
    `1 fchmod(3<${hex("/w/y").slice(1, -1)}>, 0600) = -1 EPERM (No)`,
    "1 exit_group(0) = ?",
  ]);
  const program = "/usr/bin/tool";
  expect(attempts).toEqual([
    { kind: "write", call: "openat", path: "/x", program, allowed: false, times: 2 },
    { kind: "write", call: "openat", path: "/w/y", program, allowed: true, times: 1 },
    { kind: "write", call: "fchmod", path: "/w/y", program, allowed: true, times: 1 },
  ]);
  expect(isWhole).toBe(true);
});

test("knows the working folder of each process, and the links that it made", () => {
  const { attempts } = read([
    `1 chdir(${hex("/w")}) = 0`,
    "1 fork( <unfinished ...>",
    `2 mkdir(${hex("d")}, 0777) = 0`,
    "1 <... fork resumed>) = 2",
    `1 symlink(${hex("/")}, ${hex("l")}) = 0`,
    `1 rename(${hex("l")}, ${hex("m")}) = 0`,
    `1 creat(${hex("m/z")}, 0600) = -1 EACCES (Permission denied)`,
    `2 chdir(${hex("/")}) = 0`,
    `2 rmdir(${hex("bin/q")}) = -1 ENOENT (No such file)`,
    `1 rmdir(${hex("e")}) = -1 ENOENT (No such file)`,
  ]);
  expect(attempts.map(({ call, path }) => `${call} ${path ?? ""}`)).toEqual([
    ...["mkdir /w/d", "symlink /w/l", "rename /w/l", "rename /w/m"],
    ...["creat /z", "rmdir /usr/bin/q", "rmdir /w/e"],
  ]);
});

test("names addresses as the observer does", () => {
  const connect = (address: string): string => `1 connect(4, {${address}}, 16) = -1 EPERM (No)`;
  const { attempts } = read([
    "1 socket(0x2, 0x1, 0) = -1 EPERM (No)",
    connect('sa_family=0x2, sin_port="\\x00\\x09", sin_addr="\\x7f\\x00\\x00\\x01"'),
    connect(`sa_family=0x1, sun_path=${hex("/run/x")}`),
    connect(`sa_family=0x1, sun_path=@${hex("n")}`),
    connect(
      `sa_family=0xa, sin6_port="\\x00\\x35", sin6_flowinfo="\\x00", sin6_addr="${"\\x00".repeat(15)}\\x01", a=0`,
    ),
    connect("sa_family=0x26"),
  ]);
  expect(attempts.map(({ address }) => address)).toEqual([
    ...["AF_INET", "127.0.0.1:9", "unix:/run/x", "unix:@n", "[::1]:53", "AF_ALG"],
  ]);
});

test("tells what a program keeps from being read, without its name", () => {
  const { attempts } = read([
    "1 creat(0x7ffe1234, 0600) = -1 EACCES (No)",
    `1 openat(${at("/w")}, 0x7ffe1234, 0x241, 0600) = -1 EACCES (No)`,
    "1 fchmod(3, 0600) = -1 EPERM (No)",
    "1 fchmod(3<\\x70\\x69\\x70\\x65>, 0600) = 0",
    "1 connect(4, 0x7ffe1234, 16) = -1 EPERM (No)",
    "1 sendto(4, 0x1, 1, 0, NULL, 0) = 1",
  ]);
  expect(
    attempts.map(({ call, path, address, allowed }) => [call, path, address, allowed]),
  ).toEqual(
    ["creat", "openat", "fchmod", "connect"].map((call) => [call, undefined, undefined, false]),
  );
});

test("tells whom the program left, and no threads nor what confined it", () => {
  const { attempts } = read(
    [
      "1 clone(child_stack=NULL, flags=0x1200000|17) = 2 /* 9 in strace's PID NS */",
      `1 mkdir(${hex("/not-yet")}, 0777) = 0`,
      `9 execve(${hex("/proc/self/fd/7")}, [], 0x1) = 0`,
      "9 clone3({flags=0x10200, exit_signal=0}, 88) = 10",
      "9 fork() = 11",
      "9 fork() = 12",
      `11 execve(${hex("/bin/sleep")}, [], 0x1) = 0`,
      `11 execve(${hex("/bin/none")}, [], 0x1) = -1 ENOENT (No such file)`,
      "12 +++ exited with 0 +++",
      "10 exit_group(0) = ?",
      "11 +++ killed by SIGKILL +++",
      `1 mkdir(${hex("/no-more")}, 0777) = 0`,
    ],
    1,
  );
  expect(attempts).toEqual([
    {
      kind: "process",
      call: "execve",
      path: "/usr/bin/sleep",
      program: "/usr/bin/tool",
      allowed: true,
      times: 1,
    },
    {
      kind: "left-behind",
      call: "exit",
      program: "/usr/bin/sleep",
      allowed: false,
      times: 1,
    },
  ]);
});

test("names a process that was killed while it started a program by that program", () => {
  const { attempts } = read([
    "1 fork() = 2",
    `2 execve(${hex("/bin/sleep")}, [], 0x1 <unfinished ...>`,
    "1 exit_group(0) = ?",
    "2 +++ killed by SIGKILL +++",
  ]);
  expect(attempts.map(({ kind, program }) => [kind, program])).toEqual([
    ["process", "/usr/bin/tool"],
    ["left-behind", "/usr/bin/sleep"],
  ]);
});

test("says when the program was never started, or the trace does not reach to its end", () => {
  expect(read([], 5)).toMatchObject({ attempts: [], isWhole: false, started: false });
  expect(read([])).toMatchObject({ attempts: [], isWhole: false, started: true });
});
