import { isObject } from "@clawkeep/openclaw-contract";
import type { JsonObject } from "@clawkeep/openclaw-contract";

/** What is said of one service of a compose file. */
type Report = (code: string, severity: "error" | "warning", message: string, hint: string) => void;

/** Everything that is known to go wrong with, or to be open in, one service. */
export function checkService(
  name: string,
  service: JsonObject,
  services: Readonly<Record<string, JsonObject>>,
  report: Report,
): void {
  checkPorts(service, report);
  checkMounts(service, report);
  checkPrivileges(service, report);
  checkEnvironment(service, report);
  checkImage(service, report);
  checkHealth(name, service, services, report);
}

function listOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) {
    return value.map((one: unknown) => (typeof one === "string" ? one : JSON.stringify(one)));
  }
  return typeof value === "string" ? [value] : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function checkPorts(service: JsonObject, report: Report): void {
  const written: readonly unknown[] = Array.isArray(service["ports"]) ? service["ports"] : [];
  for (const port of written) {
    const text = isObject(port)
      ? `${textOf(port["host_ip"])}:${textOf(port["published"])}:${textOf(port["target"])}`
      : textOf(port);
    if (/^(?:127\.|\[?::1\]?:|localhost:)/u.test(text)) continue;
    report(
      "IMPORT_PORT_PUBLIC",
      "error",
      `port ${text} is published on every interface of the host, past its firewall`,
      "Publish it on 127.0.0.1 (G3, T10).",
    );
  }
  const command = listOf(service["command"]).join(" ");
  const variable = /--port[= ]\$\{(?<name>[A-Z_]+)/u.exec(command)?.groups?.["name"];
  if (variable !== undefined && !written.some((port) => textOf(port).includes(variable))) {
    report(
      "IMPORT_PORT_MISMATCH",
      "error",
      `the gateway listens on \${${variable}} and the published port does not follow it`,
      "One value, written once: gateway.port (G18).",
    );
  }
}

function checkMounts(service: JsonObject, report: Report): void {
  for (const mount of listOf(service["volumes"])) {
    if (mount.includes("docker.sock")) {
      report(
        "IMPORT_DOCKER_SOCKET",
        "error",
        "the socket of Docker is in the container: who can write it is root on the host",
        "Leave it out; a sandbox that needs it is a waiver (G12).",
      );
    }
    const source = mount.split(":")[0] ?? "";
    if (
      /^\/(?:dev|proc|sys|etc|root|var\/run|run)?(?:\/|$)/u.test(source) &&
      !mount.includes("docker.sock")
    ) {
      report(
        "IMPORT_HOST_FOLDER",
        "error",
        `${source} of the host is in the container`,
        "Mount the workspace and the state, nothing of the system (G9).",
      );
    }
  }
}

function checkPrivileges(service: JsonObject, report: Report): void {
  const missing: string[] = [];
  if (!listOf(service["cap_drop"]).some((one) => one.toUpperCase() === "ALL"))
    missing.push("cap_drop: [ALL]");
  if (!listOf(service["security_opt"]).some((one) => one.startsWith("no-new-privileges"))) {
    missing.push("security_opt: [no-new-privileges:true]");
  }
  if (service["read_only"] !== true) missing.push("read_only: true");
  if (service["privileged"] === true) missing.push("privileged: false");
  if (missing.length > 0) {
    report(
      "IMPORT_UNHARDENED",
      "error",
      `it lacks ${missing.join(", ")}`,
      "Every service needs them (G6, T15).",
    );
  }
  const deploy = service["deploy"];
  const resources = isObject(deploy) && isObject(deploy["resources"]) ? deploy["resources"] : {};
  const limits = isObject(resources["limits"]) ? resources["limits"] : {};
  const unlimited = [
    ["memory", service["mem_limit"] ?? limits["memory"]],
    ["processors", service["cpus"] ?? limits["cpus"]],
    ["processes", service["pids_limit"] ?? limits["pids"]],
  ].flatMap(([what, value]) => (value === undefined ? [String(what)] : []));
  if (unlimited.length > 0) {
    report(
      "IMPORT_UNLIMITED",
      "warning",
      `nothing limits its ${unlimited.join(", ")}`,
      "limits in deploy.yaml has a value for each (T2).",
    );
  }
  const user = service["user"];
  if (user === undefined || /^(?:0|root)(?::|$)/u.test(textOf(user))) {
    report(
      "IMPORT_ROOT",
      "warning",
      "it runs as root, or as whoever its image says",
      "Write the uid: 1000:1000 for the gateway (G7, L20).",
    );
  }
}

function checkEnvironment(service: JsonObject, report: Report): void {
  const written = service["environment"];
  const pairs = isObject(written)
    ? Object.entries(written).map(([key, value]) => [key, String(value)])
    : listOf(written).map((one) => [one.split("=")[0] ?? "", one.slice(one.indexOf("=") + 1)]);
  for (const [key = "", value = ""] of pairs) {
    if (!/(?:TOKEN|KEY|SECRET|PASSWORD)$/u.test(key) || value === "ollama-local") continue;
    report(
      "IMPORT_ENV_SECRET",
      "error",
      `${key} is in the environment of the container: inspection and every child process show it`,
      "Give it as a file of mode 0400 and a reference (C1, S12).",
    );
  }
  const text = JSON.stringify(service);
  if (
    text.includes("host.docker.internal") &&
    !JSON.stringify(service["extra_hosts"] ?? "").includes("host-gateway")
  ) {
    report(
      "IMPORT_EXTRA_HOSTS",
      "error",
      "host.docker.internal has no address on Linux",
      'Write extra_hosts: ["host.docker.internal:host-gateway"] (C12).',
    );
  }
}

function checkImage(service: JsonObject, report: Report): void {
  const image = service["image"];
  if (typeof image !== "string" || image.includes("@sha256:")) return;
  const tag = /:(?<tag>[^/:]+)$/u.exec(image)?.groups?.["tag"];
  if (tag !== undefined && !/^(?:latest|main|master|edge|nightly|stable)/u.test(tag)) return;
  report(
    "IMPORT_IMAGE_FLOATING",
    "error",
    `image ${image} is another one tomorrow`,
    "Pin a version, best with its digest (L2).",
  );
}

function checkHealth(
  name: string,
  service: JsonObject,
  services: Readonly<Record<string, JsonObject>>,
  report: Report,
): void {
  const health = service["healthcheck"];
  const test = isObject(health) ? listOf(health["test"]).join(" ") : "";
  if (!isObject(health)) {
    const waiters = Object.entries(services)
      .filter(([, other]) => JSON.stringify(other["depends_on"] ?? "").includes(`"${name}"`))
      .map(([other]) => other);
    const waiting = waiters.length === 0 ? "" : `; ${waiters.join(", ")} waits for nothing`;
    report(
      "IMPORT_NO_HEALTHCHECK",
      "warning",
      `it has no healthcheck${waiting}`,
      "Ask /healthz of the gateway, `ollama list` of Ollama (L6).",
    );
    return;
  }
  const isGateway = /openclaw|gateway/u.test(`${name} ${textOf(service["image"])}`);
  const isWrong = /:18790\b|\/health(?!z)/u.test(test);
  if (isGateway && isWrong) {
    report(
      "IMPORT_HEALTHCHECK",
      "error",
      `its healthcheck asks what is not there (${JSON.stringify(test.slice(0, 100))}): it stays unhealthy`,
      "The gateway answers /healthz on its own port (C17, L6).",
    );
  }
}
