import type { ComposeValue } from "../formats/compose-text.ts";
import { openWebuiAccount } from "../layout/accounts.ts";
import { bridgeName } from "../layout/names.ts";
import { gateName } from "../openclaw/ollama-address.ts";
import type { RenderPlace } from "../openclaw/render-place.ts";
import { ports } from "../profiles/ports.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";
import { hardened, publishedPort } from "./hardened-container.ts";
import type { Contained } from "./hardened-container.ts";

/** Where the image listens, and where it keeps accounts, conversations and the key of its sessions. */
const listens = 8080;
const data = "/app/backend/data";

/** Program, arguments and health of the image, for its stage of the Dockerfile too. */
export const openWebuiRuns: Pick<Contained, "command" | "health"> = {
  command: ["/bin/bash", "/app/backend/start.sh"],
  health: ["/usr/bin/curl", "--silent", "--fail", `http://127.0.0.1:${listens}/health`],
};

/**
 * Open WebUI over the rest: named with `-f` it is added, left out it is removed, and its volume is all that stays. It asks
 * the proxy in front of Ollama, on a network that only the two of them have, and holds no key of anybody.
 */
export function renderOpenWebui(
  spec: DeploymentSpec,
  port: number,
  place: RenderPlace,
): ComposeValue {
  const uid = openWebuiAccount(spec, place);
  return {
    services: {
      "open-webui": {
        image: openWebuiImage(spec),
        build: { context: ".", target: "open-webui" },
        ...hardened(
          {
            ...openWebuiRuns,
            uid,
            gid: uid,
            environment: environmentOf(port),
            memoryMb: 2048,
            cpus: spec.limits.cpus,
            processes: 256,
            stopSeconds: 30,
          },
          { memory: [], startSeconds: 120 },
        ),
        networks: ["web", "front"],
        dns: ["127.0.0.1"],
        ports: [publishedPort(port, listens)],
        volumes: [{ type: "volume", source: "open-webui", target: data }],
        depends_on: { "ollama-gate": { condition: "service_healthy", restart: false } },
      },
    },
    networks: { web: webNetwork(spec) },
    volumes: { "open-webui": {} },
  };
}

/** Where it meets the proxy in front of Ollama, which is on it whether Open WebUI runs or not. */
export function webNetwork(spec: DeploymentSpec): ComposeValue {
  return {
    driver: "bridge",
    internal: true,
    driver_opts: { "com.docker.network.bridge.name": bridgeName(spec, "web") },
  };
}

/** The image that is built here: what is taken as it is, with a folder that its user may write. */
function openWebuiImage(spec: DeploymentSpec): string {
  return `claw-${spec.name}/open-webui:${spec.openclawVersion}`;
}

/** What leads out, runs code or trusts whoever asks is off; what is said here wins over what its page says. */
function environmentOf(port: number): Readonly<Record<string, string>> {
  return {
    HOME: data,
    DATA_DIR: data,
    STATIC_DIR: `${data}/static`,
    WEBUI_SECRET_KEY_FILE: `${data}/session-key`,
    WEBUI_AUTH: "true",
    DEFAULT_USER_ROLE: "pending",
    ENABLE_PERSISTENT_CONFIG: "false",
    CORS_ALLOW_ORIGIN: `http://127.0.0.1:${port};http://localhost:${port}`,
    ENABLE_OLLAMA_API: "true",
    OLLAMA_BASE_URL: `http://${gateName}:${ports.ollama}`,
    RAG_EMBEDDING_ENGINE: "ollama",
    ENABLE_OPENAI_API: "false",
    ENABLE_DIRECT_CONNECTIONS: "false",
    ENABLE_WEB_SEARCH: "false",
    ENABLE_CODE_EXECUTION: "false",
    ENABLE_CODE_INTERPRETER: "false",
    ENABLE_COMMUNITY_SHARING: "false",
    ENABLE_VERSION_UPDATE_CHECK: "false",
    OFFLINE_MODE: "true",
    HF_HUB_OFFLINE: "1",
    SAFE_MODE: "true",
    ENABLE_PLUGINS: "false",
    ENABLE_PIP_INSTALL_FRONTMATTER_REQUIREMENTS: "false",
    ENABLE_AUTOMATIONS: "false",
  };
}
