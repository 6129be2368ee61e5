import { expect, test } from "vitest";

import type { HostReader } from "./host-facts.ts";
import { readHostFacts } from "./read-host-facts.ts";

function reader(
  files: Readonly<Record<string, string>>,
  more: Partial<HostReader> = {},
): HostReader {
  return {
    platform: "linux",
    arch: "x64",
    threads: 4,
    memoryBytes: 1,
    diskFreeBytes: 2,
    text: (path) => files[path],
    output: () => undefined,
    exists: () => false,
    hasProgram: () => false,
    ...more,
  };
}

const cpu = (core: number, socket = 0): string =>
  `processor : 0\nphysical id\t: ${socket}\ncore id\t\t: ${core}\nflags\t\t: fpu avx avx2 avx512f sse\n`;

test("L12: cores are counted once, however many threads they have", () => {
  const facts = readHostFacts(
    reader({ "/proc/cpuinfo": [cpu(0), cpu(1), cpu(0), cpu(1)].join("\n") }),
  );
  expect([facts.physicalCores, facts.threads]).toEqual([2, 4]);
});

test("L12: equal numbers on two sockets are two cores", () => {
  const facts = readHostFacts(reader({ "/proc/cpuinfo": `${cpu(0, 0)}\n${cpu(0, 1)}` }));
  expect(facts.physicalCores).toBe(2);
});

test("L14: vector instructions are named", () => {
  expect(readHostFacts(reader({ "/proc/cpuinfo": cpu(0) })).simd).toEqual([
    "AVX",
    "AVX2",
    "AVX-512",
  ]);
  const arm = "processor : 0\nFeatures\t: fp asimd aes\n";
  expect(readHostFacts(reader({ "/proc/cpuinfo": arm })).simd).toEqual(["NEON"]);
});

test("L12: the smallest limit of all cgroups upwards counts", () => {
  const facts = readHostFacts(
    reader({
      "/proc/meminfo": "MemTotal:       16000000 kB\nSwapTotal:       2000000 kB\n",
      "/proc/self/cgroup": "0::/outer/inner\n",
      "/sys/fs/cgroup/outer/inner/memory.max": "max\n",
      "/sys/fs/cgroup/outer/memory.max": "2000000000\n",
      "/sys/fs/cgroup/outer/inner/cpu.max": "max 100000\n",
      "/sys/fs/cgroup/outer/cpu.max": "150000 100000\n",
    }),
  );
  expect(facts).toMatchObject({
    memoryBytes: 16_384_000_000,
    memoryLimitBytes: 2_000_000_000,
    swapBytes: 2_048_000_000,
    cpuLimit: 1.5,
  });
});

test("L12: limits of the first version of cgroups are read, and its sign for none", () => {
  const files = {
    "/proc/meminfo": "MemTotal:       16000000 kB\n",
    "/proc/self/cgroup": "7:cpu,cpuacct:/x\n6:memory:/x\n",
  };
  const at = (bytes: string): unknown =>
    readHostFacts(reader({ ...files, "/sys/fs/cgroup/memory/x/memory.limit_in_bytes": bytes }))
      .memoryLimitBytes;
  expect(at("1000000000\n")).toBe(1_000_000_000);
  expect(at("9223372036854771712\n")).toBeUndefined();
});

test("L13, G21: GPUs are read from nvidia-smi, and its absence is no error", () => {
  const facts = readHostFacts(
    reader(
      {},
      {
        output: (program) =>
          program === "nvidia-smi"
            ? "NVIDIA H100, 81559\nBroken line\nTesla, T4, 15360\n"
            : undefined,
      },
    ),
  );
  expect(facts.gpus).toEqual([
    { name: "NVIDIA H100", memoryBytes: 81_559 * 1024 ** 2 },
    { name: "Tesla, T4", memoryBytes: 15_360 * 1024 ** 2 },
  ]);
  expect(readHostFacts(reader({})).gpus).toEqual([]);
});

test("a Mac is asked by sysctl", () => {
  const facts = readHostFacts(
    reader({}, { platform: "darwin", arch: "arm64", memoryBytes: 16e9, output: () => "8\n" }),
  );
  expect(facts).toMatchObject({
    platform: "darwin",
    physicalCores: 8,
    memoryBytes: 16e9,
    simd: ["NEON"],
  });
});

test("a host that shows nothing has what the runtime says", () => {
  expect(readHostFacts(reader({}))).toMatchObject({
    physicalCores: 4,
    memoryBytes: 1,
    swapBytes: 0,
    diskFreeBytes: 2,
  });
});
