/** What a host has, as far as it could be seen. Bytes, and cores that exist twice count once. */
export interface HostFacts {
  readonly platform: "linux" | "darwin" | "other";
  readonly arch: string;
  readonly physicalCores: number;
  readonly threads: number;
  /** Processors that a cgroup allows, with a fraction; undefined without a limit. */
  readonly cpuLimit?: number;
  readonly memoryBytes: number;
  /** What a cgroup allows, when that is less than the memory. */
  readonly memoryLimitBytes?: number;
  readonly swapBytes: number;
  readonly diskFreeBytes: number;
  /** Vector instructions that change how fast a model runs without a GPU. */
  readonly simd: readonly string[];
  readonly gpus: readonly { readonly name: string; readonly memoryBytes: number }[];
  readonly hasDocker: boolean;
  readonly hasPodman: boolean;
  readonly hasSystemd: boolean;
}

/** How facts are read; a test gives texts. Nothing of it throws: what is not there is undefined. */
export interface HostReader {
  readonly platform: string;
  readonly arch: string;
  /** Threads, memory and free disk as the runtime knows them. */
  readonly threads: number;
  readonly memoryBytes: number;
  readonly diskFreeBytes: number;
  text(path: string): string | undefined;
  /** What a program prints, run without a shell; undefined when it is missing or fails. */
  output(program: string, args: readonly string[]): string | undefined;
  exists(path: string): boolean;
  /** Whether a program of that name is on the path. */
  hasProgram(name: string): boolean;
}
