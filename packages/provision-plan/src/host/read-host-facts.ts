import type { HostFacts, HostReader } from "./host-facts.ts";

/** Reads what a host has: cores, memory, limits of its cgroups (both versions), NVIDIA GPUs. */
export function readHostFacts(host: HostReader): HostFacts {
  const platform =
    host.platform === "linux" || host.platform === "darwin" ? host.platform : "other";
  const memory = host.text("/proc/meminfo") ?? "";
  const cpus = host.text("/proc/cpuinfo") ?? "";
  const memoryBytes = kilobytes(memory, "MemTotal") ?? host.memoryBytes;
  const limits = cgroupLimits(host);
  const limited = limits.memoryBytes !== undefined && limits.memoryBytes < memoryBytes;
  return {
    platform,
    arch: host.arch,
    physicalCores: physicalCores(host, cpus),
    threads: host.threads,
    ...(limits.cpus === undefined ? {} : { cpuLimit: limits.cpus }),
    memoryBytes,
    ...(limited ? { memoryLimitBytes: limits.memoryBytes ?? memoryBytes } : {}),
    swapBytes: kilobytes(memory, "SwapTotal") ?? 0,
    diskFreeBytes: host.diskFreeBytes,
    simd: simdOf(host, cpus),
    gpus: nvidia(host),
    hasDocker: host.hasProgram("docker"),
    hasPodman: host.hasProgram("podman"),
    hasSystemd: host.exists("/run/systemd/system"),
  };
}

function kilobytes(text: string, key: string): number | undefined {
  const found = new RegExp(`^${key}:\\s+([0-9]{1,15}) kB$`, "mu").exec(text)?.[1];
  return found === undefined ? undefined : Number(found) * 1024;
}

/** Pairs of socket and core: a thread of the same core adds heat, not speed. */
function physicalCores(host: HostReader, cpus: string): number {
  if (host.platform === "darwin") {
    const said = Number(host.output("sysctl", ["-n", "hw.physicalcpu"]));
    return said >= 1 ? said : host.threads;
  }
  const pairs = new Set<string>();
  for (const one of cpus.split(/\n\s*\n/u)) {
    const core = /^core id\s*:\s*([0-9]+)$/mu.exec(one)?.[1];
    if (core === undefined) continue;
    pairs.add(`${/^physical id\s*:\s*([0-9]+)$/mu.exec(one)?.[1] ?? "0"}:${core}`);
  }
  return pairs.size === 0 ? host.threads : Math.min(pairs.size, host.threads);
}

function simdOf(host: HostReader, cpus: string): readonly string[] {
  const flags = new Set((/^(?:flags|Features)\s*:\s*(.*)$/mu.exec(cpus)?.[1] ?? "").split(/\s+/u));
  const names: readonly [string, string][] = [
    ["avx", "AVX"],
    ["avx2", "AVX2"],
    ["avx512f", "AVX-512"],
    ["asimd", "NEON"],
  ];
  const found = names.filter(([flag]) => flags.has(flag)).map(([, name]) => name);
  return found.length === 0 && host.platform === "darwin" && host.arch === "arm64"
    ? ["NEON"]
    : found;
}

interface CgroupLimits {
  readonly memoryBytes?: number;
  readonly cpus?: number;
}

/** The smallest limit from the group of this process up to the root. */
function cgroupLimits(host: HostReader): CgroupLimits {
  const own = host.text("/proc/self/cgroup") ?? "";
  const memory: number[] = [];
  const cpus: number[] = [];
  const unified = /^0::(?<path>\/.*)$/mu.exec(own)?.groups?.["path"];
  if (unified !== undefined) {
    for (const folder of upwards(unified)) {
      memory.push(numberOf(host.text(`/sys/fs/cgroup${folder}/memory.max`)));
      const [quota, period] = (host.text(`/sys/fs/cgroup${folder}/cpu.max`) ?? "").split(/\s+/u);
      cpus.push(numberOf(quota) / numberOf(period));
    }
  }
  const v1 = /^[0-9]+:(?:[^:]*,)?memory(?:,[^:]*)?:(?<path>\/.*)$/mu.exec(own)?.groups?.["path"];
  for (const folder of v1 === undefined ? [] : upwards(v1)) {
    memory.push(numberOf(host.text(`/sys/fs/cgroup/memory${folder}/memory.limit_in_bytes`)));
    const quota = numberOf(host.text(`/sys/fs/cgroup/cpu${folder}/cpu.cfs_quota_us`));
    cpus.push(quota / numberOf(host.text(`/sys/fs/cgroup/cpu${folder}/cpu.cfs_period_us`)));
  }
  const memoryBytes = smallest(memory);
  const limit = smallest(cpus);
  return {
    // Version 1 writes a number near 2^63 where there is no limit.
    ...(memoryBytes === undefined || memoryBytes > 2 ** 60 ? {} : { memoryBytes }),
    ...(limit === undefined ? {} : { cpus: limit }),
  };
}

function upwards(path: string): readonly string[] {
  const parts = path.split("/").filter((part) => part !== "" && part !== "..");
  return Array.from({ length: parts.length + 1 }, (_, up) =>
    parts
      .slice(0, parts.length - up)
      .map((part) => `/${part}`)
      .join(""),
  );
}

function numberOf(text: string | undefined): number {
  const trimmed = text?.trim() ?? "";
  return /^[0-9]{1,20}$/u.test(trimmed) ? Number(trimmed) : Number.NaN;
}

function smallest(values: readonly number[]): number | undefined {
  const good = values.filter((value) => Number.isFinite(value) && value > 0);
  return good.length === 0 ? undefined : Math.min(...good);
}

function nvidia(host: HostReader): HostFacts["gpus"] {
  const text = host.output("nvidia-smi", [
    "--query-gpu=name,memory.total",
    "--format=csv,noheader,nounits",
  ]);
  return (text ?? "").split("\n").flatMap((line) => {
    const found = /^(?<name>.+),\s*(?<mib>[0-9]{1,8})$/u.exec(line.trim())?.groups;
    if (found === undefined) return [];
    return [{ name: found["name"] ?? "", memoryBytes: Number(found["mib"]) * 1024 ** 2 }];
  });
}
