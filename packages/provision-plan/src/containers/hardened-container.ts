import type { ComposeValue } from "../formats/compose-text.ts";
import type { Service } from "../layout/services.ts";

/** A process that is put into a container. */
export type Contained = Omit<Service, "role" | "about" | "state">;

/** What every container has, whatever runs in it: keys of a service of a compose file. */
export function hardened(
  one: Contained,
  {
    memory,
    startSeconds,
  }: {
    /** Mounts in memory besides `/tmp`. */
    readonly memory: readonly string[];
    /** Before its health counts. */
    readonly startSeconds: number;
  },
): Readonly<Record<string, ComposeValue>> {
  return {
    entrypoint: [one.command[0] ?? ""],
    command: one.command.slice(1),
    user: `${one.uid}:${one.gid}`,
    environment: one.environment,
    read_only: true,
    cap_drop: ["ALL"],
    security_opt: ["no-new-privileges:true"],
    init: true,
    tmpfs: ["/tmp:rw,noexec,nosuid,nodev,size=256m,mode=1777", ...memory],
    pids_limit: one.processes,
    mem_limit: `${one.memoryMb}m`,
    memswap_limit: `${one.memoryMb}m`,
    cpus: one.cpus,
    ulimits: { nofile: { soft: 8192, hard: 8192 }, core: { soft: 0, hard: 0 } },
    restart: "on-failure:5",
    stop_grace_period: `${one.stopSeconds}s`,
    logging: { driver: "json-file", options: { "max-size": "10m", "max-file": "3" } },
    healthcheck: {
      test: ["CMD", ...one.health],
      interval: "30s",
      timeout: "10s",
      retries: 3,
      start_period: `${startSeconds}s`,
    },
  };
}

/** A port of a container on loopback of this host, and on no other address. */
export function publishedPort(published: number, target: number): ComposeValue {
  return {
    mode: "host",
    host_ip: "127.0.0.1",
    target,
    published: String(published),
    protocol: "tcp",
  };
}
