import { openClawVersion } from "@clawkeep/openclaw-contract";
import { clawkeepVersion, composeText, dockerfileText, images } from "@clawkeep/provision-plan";
import type { Artifact, ComposeValue, DockerInstruction } from "@clawkeep/provision-plan";

import { containerVariables } from "../settings/variables.ts";

/** How an image is made. */
export interface ImageWishes {
  /** What is newest on the day of the build, instead of versions that were tried. */
  readonly floating: boolean;
  /** Port of the gateway, inside the container and on loopback of the host. */
  readonly port: number;
}

/** Folders of Ollama's release that only a GPU needs: most of its size. */
const graphicsLibraries: readonly string[] = [
  "cuda_v11",
  "cuda_v12",
  "cuda_v13",
  "cuda_jetpack5",
  "cuda_jetpack6",
  "mlx_cuda_v13",
  "rocm",
  "vulkan",
];

const portVariable = "CLAWLAMA_OPENCLAW_PORT";

/**
 * The files of the single container: its Dockerfile, a compose file that Portainer and Dockge take as it is, an overlay
 * for a GPU, and the variables (L1, L2, L22). Nothing is piped into a shell, and no secret is in them.
 */
export function renderImage(wishes: ImageWishes): readonly Artifact[] {
  return [
    { path: "Dockerfile", kind: "dockerfile", mode: 0o644, text: dockerfile(wishes) },
    { path: "compose.yaml", kind: "compose", mode: 0o644, text: composeText(compose(wishes)) },
    { path: "compose.gpu.yaml", kind: "compose", mode: 0o644, text: composeText(gpu()) },
    { path: ".env.example", kind: "compose-variables", mode: 0o644, text: variables() },
  ];
}

/** The tag of an image: the OpenClaw that is in it. */
export function imageTag(wishes: Pick<ImageWishes, "floating">): string {
  return `claw-container:${wishes.floating ? "floating" : openClawVersion}`;
}

function dockerfile({ floating, port }: ImageWishes): string {
  const exact = (name: string, version: string): string => `${name}=${version}`;
  const packages = ["git", "tini"] as const;
  const versions = { git: "1:2.39.*", tini: "0.19.*" };
  const system = packages.map((name) => (floating ? name : `'${exact(name, versions[name])}'`));
  return dockerfileText([
    {
      argument: "BASE",
      value: floating ? "docker.io/library/node:lts-bookworm-slim" : images.base,
    },
    { argument: "OLLAMA", value: floating ? "docker.io/ollama/ollama:latest" : images.ollama },
    // ollama-all has what a GPU needs, and is several times as large.
    { argument: "LIBRARIES", value: "ollama-cpu" },
    { from: "${OLLAMA}", as: "ollama-all" },
    { from: "ollama-all", as: "ollama-cpu" },
    { run: ["rm", "-rf", ...graphicsLibraries.map((name) => `/usr/lib/ollama/${name}`)] },
    { from: "${LIBRARIES}", as: "ollama-files" },
    // What npm keeps of its downloads stays in this stage.
    { from: "${BASE}", as: "programs" },
    { environment: "NODE_ENV", value: "production" },
    {
      run: npm(
        "/opt/claw",
        `openclaw@${floating ? "latest" : openClawVersion}`,
        `@clawkeep/skill@${clawkeepVersion}`,
        `@clawkeep/local-rag@${clawkeepVersion}`,
      ),
    },
    // Its first run ends what npm's scripts would have done, and writes where it is installed.
    { run: ["/opt/claw/bin/openclaw", "--version"] },
    { run: npm("/opt/supervisor", `@clawkeep/claw@${clawkeepVersion}`) },
    { from: "${BASE}", as: "all" },
    {
      run: [
        "sh",
        "-ec",
        `apt-get update; apt-get install --yes --no-install-recommends ${system.join(" ")}; rm -rf /var/lib/apt/lists/*`,
      ],
    },
    { copyFrom: "ollama-files", source: "/usr/bin/ollama", target: "/usr/bin/ollama" },
    { copyFrom: "ollama-files", source: "/usr/lib/ollama", target: "/usr/lib/ollama" },
    { copyFrom: "programs", source: "/opt/claw", target: "/opt/claw" },
    {
      copyFrom: "programs",
      source: "/opt/supervisor/lib/node_modules/@clawkeep/claw/clawkeep-container/dist",
      target: "/usr/local/share/clawkeep",
    },
    {
      run: [
        ...["ln", "-s", "/opt/claw/bin/openclaw", "/opt/claw/bin/clawkeep-skill"],
        ...["/opt/claw/bin/local-rag", "/usr/local/bin/"],
      ],
    },
    {
      run: ["ln", "-s", "/usr/local/share/clawkeep/container.mjs", "/usr/local/bin/claw-container"],
    },
    { run: ["install", "-d", "-o", "1000", "-g", "1000", "-m", "0700", "/data"] },
    { environment: "NODE_ENV", value: "production" },
    { volume: "/data" },
    { port },
    { user: "1000:1000" },
    { workFolder: "/data" },
    { healthcheck: ["/usr/local/bin/claw-container", "health"] },
    { entrypoint: ["/usr/bin/tini", "--", "/usr/local/bin/claw-container"] },
    { command: ["start"] },
  ] satisfies readonly DockerInstruction[]);
}

function npm(prefix: string, ...packages: readonly string[]): readonly string[] {
  return [
    ...["npm", "install", "--global", "--prefix", prefix],
    ...["--ignore-scripts", "--no-audit", "--no-fund", ...packages],
  ];
}

function compose(wishes: ImageWishes): ComposeValue {
  const { port } = wishes;
  return {
    name: "clawlama",
    services: {
      claw: {
        image: imageTag(wishes),
        build: { context: ".", target: "all" },
        // A name alone is taken from .env, or from the variables of Portainer's stack, where it is set there.
        environment: [
          ...containerVariables.map(({ name }) => name).filter((name) => name !== portVariable),
          `${portVariable}=${port}`,
        ],
        read_only: true,
        cap_drop: ["ALL"],
        security_opt: ["no-new-privileges:true"],
        tmpfs: ["/tmp:rw,noexec,nosuid,nodev,size=256m,mode=1777"],
        pids_limit: 1024,
        ulimits: { nofile: { soft: 8192, hard: 8192 }, core: { soft: 0, hard: 0 } },
        restart: "unless-stopped",
        stop_grace_period: "350s",
        logging: { driver: "json-file", options: { "max-size": "10m", "max-file": "3" } },
        ports: [
          {
            mode: "host",
            host_ip: "127.0.0.1",
            target: port,
            published: String(port),
            protocol: "tcp",
          },
        ],
        volumes: [{ type: "volume", source: "data", target: "/data" }],
      },
    },
    volumes: { data: { name: "clawlama-data" } },
  };
}

function gpu(): ComposeValue {
  return {
    services: {
      claw: {
        build: { args: { LIBRARIES: "ollama-all" } },
        deploy: {
          resources: {
            reservations: { devices: [{ driver: "nvidia", count: "all", capabilities: ["gpu"] }] },
          },
        },
      },
    },
  };
}

function variables(): string {
  return [
    "# Copy to .env, or write into the variables of Portainer's stack. An empty value is the default that is shown.",
    ...containerVariables
      .filter(({ name }) => name !== portVariable)
      .flatMap(({ name, about, standard, kind }) => [
        "",
        `# ${about}`,
        ...(kind.of === "secret" ? ["# A secret: docker inspect shows what is written here."] : []),
        standard === undefined || standard === "" ? `# ${name}=` : `${name}=${standard}`,
      ]),
    "",
  ].join("\n");
}
