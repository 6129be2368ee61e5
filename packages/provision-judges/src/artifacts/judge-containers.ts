import type { Finding } from "@clawkeep/diagnostics";
import { isObject } from "@clawkeep/openclaw-contract";

import type { Verdict } from "../verdict.ts";
import { wrong } from "./judged-file.ts";
import type { JudgedFile } from "./judged-file.ts";
import { at, texts } from "./read-artifacts.ts";
import { readYaml } from "./read-yaml.ts";

/** A control of the CIS Docker Benchmark that can be seen in one service of a compose file. */
interface Control {
  readonly id: string;
  readonly expected: string;
  readonly holds: (service: unknown) => boolean;
}

const isPositive = (value: unknown): boolean =>
  typeof value === "number" ? value > 0 : typeof value === "string" && /^[1-9]/u.test(value);
const has = (value: unknown, text: string): boolean => texts(value).includes(text);
const mounts = (service: unknown): readonly unknown[] => {
  const value = at(service, "volumes");
  return Array.isArray(value) ? value : [];
};
const sourceOf = (mount: unknown): string =>
  typeof mount === "string" ? (mount.split(":")[0] ?? "") : String(at(mount, "source"));
const portsOf = (service: unknown): readonly unknown[] => {
  const value = at(service, "ports");
  return Array.isArray(value) ? value : [];
};

const controls: readonly Control[] = [
  {
    id: "4.1",
    expected: "a user that is not root",
    holds: (one) => /^[1-9][0-9]*(?::[1-9][0-9]*)?$/u.test(String(at(one, "user"))),
  },
  {
    id: "5.4",
    expected: "every capability dropped",
    holds: (one) => has(at(one, "cap_drop"), "ALL"),
  },
  { id: "5.4", expected: "no capability added", holds: (one) => at(one, "cap_add") === undefined },
  {
    id: "5.5",
    expected: "no privileged container",
    holds: (one) => at(one, "privileged") !== true,
  },
  {
    id: "5.6",
    expected: "no folder of the system mounted",
    holds: (one) =>
      !mounts(one).some((mount) =>
        /^\/(?:$|bin|boot|dev|etc|lib|proc|root|run|sys|usr|var)/u.test(sourceOf(mount)),
      ),
  },
  {
    id: "5.10",
    expected: "no network, processes, IPC, UTS or user namespace of the host",
    holds: (one) =>
      ["network_mode", "pid", "ipc", "uts", "userns_mode"].every((key) => at(one, key) !== "host"),
  },
  { id: "5.11", expected: "a limit of memory", holds: (one) => isPositive(at(one, "mem_limit")) },
  {
    id: "5.11",
    expected: "no swap beyond the limit of memory",
    holds: (one) => at(one, "memswap_limit") === at(one, "mem_limit"),
  },
  { id: "5.12", expected: "a limit of processors", holds: (one) => isPositive(at(one, "cpus")) },
  { id: "5.13", expected: "a read-only root", holds: (one) => at(one, "read_only") === true },
  {
    id: "5.14",
    expected: "ports on loopback only",
    holds: (one) =>
      portsOf(one).every((port) =>
        typeof port === "string"
          ? port.startsWith("127.0.0.1:")
          : at(port, "host_ip") === "127.0.0.1",
      ),
  },
  {
    id: "5.15",
    expected: "restarts that end",
    holds: (one) => /^(?:on-failure:[1-5]|no)$/u.test(String(at(one, "restart"))),
  },
  {
    id: "5.18",
    expected: "no device of the host",
    holds: (one) => at(one, "devices") === undefined,
  },
  {
    id: "5.22",
    expected: "the default seccomp and AppArmor profiles",
    holds: (one) => !texts(at(one, "security_opt")).some((option) => /unconfined/u.test(option)),
  },
  {
    id: "5.26",
    expected: "no new privileges",
    holds: (one) => has(at(one, "security_opt"), "no-new-privileges:true"),
  },
  {
    id: "5.27",
    expected: "a healthcheck",
    holds: (one) =>
      texts(at(one, "healthcheck", "test")).length > 1 ||
      (at(one, "healthcheck", "disable") === true && texts(at(one, "profiles")).length > 0),
  },
  {
    id: "5.29",
    expected: "a limit of processes",
    holds: (one) => isPositive(at(one, "pids_limit")),
  },
  {
    id: "5.32",
    expected: "no socket of Docker",
    holds: (one) =>
      !mounts(one).some((mount) =>
        /docker\.sock|containerd\.sock|podman\.sock/u.test(JSON.stringify(mount)),
      ),
  },
  {
    id: "image",
    expected: "an image by exact tag or digest",
    holds: (one) => /(?:@sha256:[0-9a-f]{64}|:[^:/]*[0-9][^:/]*)$/u.test(String(at(one, "image"))),
  },
  { id: "init", expected: "an init that reaps", holds: (one) => at(one, "init") === true },
  {
    id: "tmpfs",
    expected: "a /tmp without programs",
    holds: (one) =>
      texts(at(one, "tmpfs")).some((mount) => /^\/tmp:.*\bnoexec\b.*\bnosuid\b/u.test(mount)),
  },
];

/** Files whose services are whole; the other overlays change a few keys of one. */
const wholeServices: readonly string[] = [
  "compose.yaml",
  "compose.pull.yaml",
  "compose.webui.yaml",
];

/** Our own reading of the CIS Docker Benchmark, for what KICS does not see: limits, root, tags, addresses. */
export function judgeContainers(files: readonly JudgedFile[]): Verdict {
  const findings = [
    ...files.filter(({ path }) => wholeServices.includes(path)).flatMap(composeFindings),
    ...files.filter(({ kind }) => kind === "dockerfile").flatMap(dockerfileFindings),
  ];
  return {
    judge: "clawkeep containers",
    status: findings.length === 0 ? "passed" : "failed",
    findings,
    codes: [...new Set(findings.map(({ code }) => code))].toSorted(),
  };
}

function composeFindings({ path, text }: JudgedFile): readonly Finding[] {
  const services = at(readYaml(text), "services");
  if (!isObject(services))
    return [
      wrong("CIS_UNREADABLE", path, "expected services, got none", "This is no compose file."),
    ];
  return Object.entries(services).flatMap(([name, service]) =>
    controls
      .filter(({ holds }) => !holds(service))
      .map(({ id, expected }) =>
        wrong(
          `CIS_${id.toUpperCase().replace(".", "_")}`,
          path,
          `expected ${expected} in service ${name}, got none`,
          `CIS Docker Benchmark ${id}`,
        ),
      ),
  );
}

function dockerfileFindings({ path, text }: JudgedFile): readonly Finding[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  const found: Finding[] = [];
  const say = (id: string, message: string): void => {
    found.push(wrong(`CIS_${id}`, path, message, `CIS Docker Benchmark ${id.replace("_", ".")}`));
  };
  const stages = text.split(/^FROM /mu).slice(1);
  for (const stage of stages.filter((one) => /^(?:ENTRYPOINT|CMD)/mu.test(one))) {
    const name = stage.split("\n")[0] ?? "";
    const user = [...stage.matchAll(/^USER (\S+)/gmu)].at(-1)?.[1] ?? "";
    if (!/^[1-9][0-9]*(?::|$)/u.test(user))
      say("4_1", `expected a user that is not root in stage ${name}, got ${user || "none"}`);
    if (!/^HEALTHCHECK .*CMD /mu.test(stage))
      say("4_6", `expected a healthcheck in stage ${name}, got none`);
  }
  if (stages.length === 0) say("4_1", "expected stages, got none");
  for (const line of lines) {
    if (line.startsWith("ADD ")) say("4_9", "expected COPY, got ADD");
    if (/^(?:ENV|ARG) \S*(?:TOKEN|SECRET|PASSWORD|API_KEY)/u.test(line))
      say("4_10", "expected no secret in the image, got one");
    if (/^ARG (?:BASE|OLLAMA|OPEN_WEBUI)=/u.test(line) && !/(?:@sha256:|:[^:/]*[0-9])/u.test(line))
      say("IMAGE", `expected an exact image, got ${line}`);
    if (/"(?:npm)", "install"/u.test(line) && !/@[0-9]+\.[0-9]+\.[0-9]+/u.test(line))
      say("IMAGE", "expected exact versions of packages, got a range");
    if (/^RUN (?!\[)/u.test(line))
      say("4_2", "expected a program and its arguments, got a line for a shell");
  }
  return found;
}
