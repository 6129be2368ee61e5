import type { Artifact } from "../artifacts/artifact.ts";
import { composeText } from "../formats/compose-text.ts";
import type { ComposeValue } from "../formats/compose-text.ts";
import { accountOf } from "../layout/accounts.ts";
import type { Role } from "../layout/accounts.ts";
import { bridgeName, hostNetwork } from "../layout/names.ts";
import type { Network } from "../layout/names.ts";
import { servicesOf, socketFolder } from "../layout/services.ts";
import type { Service } from "../layout/services.ts";
import { gateName } from "../openclaw/ollama-address.ts";
import type { RenderPlace } from "../openclaw/render-place.ts";
import { usedSecrets } from "../openclaw/render-secrets.ts";
import type { DeploymentSpec } from "../spec/deployment-spec.ts";
import { hardened, publishedPort } from "./hardened-container.ts";
import { imageOf, targetOf } from "./images.ts";
import { renderOpenWebui, webNetwork } from "./render-open-webui.ts";

/** Where apply puts what containers may read, below the deployment's folder. */
export const containerSecrets = "secrets/container";

type Service_ = Readonly<Record<string, ComposeValue | undefined>>;

/** `compose.yaml`, and overlays for what is not always on: a GPU, and fetching models. */
export function renderCompose(spec: DeploymentSpec, place: RenderPlace): readonly Artifact[] {
  const services = partsOf(spec, place);
  const hasOllama = services.some(({ role }) => role === "ollama");
  return [
    artifact("compose.yaml", base(spec, place, services)),
    ...(hasOllama
      ? [artifact("compose.gpu.yaml", gpu()), artifact("compose.pull.yaml", pull(spec, place))]
      : []),
    ...(services.some(({ role }) => role === "egress") || spec.egress.mode === "open"
      ? [artifact("compose.internet.yaml", internet(spec, services))]
      : []),
    ...(spec.extras.openWebui === undefined
      ? []
      : [artifact("compose.webui.yaml", renderOpenWebui(spec, spec.extras.openWebui.port, place))]),
  ];
}

/** What is a container. In `single-container` Ollama and its proxy have the image and the network of the gateway. */
export function partsOf(spec: DeploymentSpec, place: RenderPlace): readonly Service[] {
  const { ollama } = spec.profile;
  return servicesOf(spec, place).filter(({ role }) => role !== "ollama" || ollama !== "host");
}

function artifact(path: string, value: ComposeValue): Artifact {
  return { path, kind: "compose", mode: 0o644, text: composeText(value) };
}

function base(
  spec: DeploymentSpec,
  place: RenderPlace,
  services: readonly Service[],
): ComposeValue {
  const secrets = secretNames(spec);
  const used = new Set(services.flatMap(({ role }) => networksOf(role, spec)));
  return {
    name: `claw-${spec.name}`,
    services: {
      ...Object.fromEntries(services.map((one) => [one.role, service(one, spec, place)])),
      cli: {
        ...service(only(services, "gateway"), spec, place),
        about: undefined,
        profiles: ["cli"],
        entrypoint: ["/usr/local/bin/openclaw"],
        command: ["--help"],
        ports: undefined,
        healthcheck: { disable: true },
        depends_on: undefined,
        restart: "no",
        networks: ["inside"],
        // The one that may change the configuration: started by hand, for one command.
        volumes: [
          {
            type: "bind",
            source: "./config",
            target: "/etc/claw",
            bind: { create_host_path: false },
          },
          { type: "volume", source: "gateway", target: spec.profile.state },
        ],
        environment: { ...only(services, "gateway").environment, OPENCLAW_CONFIG_READONLY: "0" },
      },
    },
    networks: Object.fromEntries(
      Object.entries(networks(spec)).filter(([name]) => used.has(name as Network)),
    ),
    volumes: {
      ...Object.fromEntries(
        services.filter(({ role }) => role !== "egress").map(({ role }) => [role, {}]),
      ),
      ...(services.some(({ role }) => role === "skills") ? { sockets: {} } : {}),
    },
    ...(secrets.length === 0
      ? {}
      : {
          // Copies of the container's user: compose mounts a file with the owner that it has on the host.
          secrets: Object.fromEntries(
            secrets.map((name) => [name, { file: `./${containerSecrets}/${name}` }]),
          ),
        }),
  };
}

function only(services: readonly Service[], role: Role): Service {
  const found = services.find((one) => one.role === role);
  if (found === undefined) throw new Error(`no ${role} in a deployment`);
  return found;
}

function service(one: Service, spec: DeploymentSpec, place: RenderPlace): Service_ {
  const { role } = one;
  const isGateway = role === "gateway";
  const secrets = isGateway ? secretNames(spec) : [];
  const state = isGateway && spec.profile.ollama === "same-container" ? "/data" : one.state;
  const wanted = networksOf(role, spec);
  return {
    image: imageOf(role, spec),
    ...(role === "egress" ? {} : { build: { context: ".", target: targetOf(role, spec) } }),
    ...hardened(one, {
      memory: [
        ...(isGateway ? ["/home/node/.cache:rw,nosuid,nodev,size=128m,uid=1000,gid=1000"] : []),
        ...(role === "egress"
          ? ["/var/spool/squid:rw,noexec,nosuid,nodev,size=16m,mode=1777"]
          : []),
      ],
      startSeconds: isGateway ? 120 : 30,
    }),
    ...(wanted.length > 0
      ? { networks: named(role, wanted) }
      : { network_mode: sharesGateway(role, spec) ? "service:gateway" : "none" }),
    // Names of the deployment are answered by Docker; everything else would leave by its forwarder.
    ...(wanted.length === 0 || role === "egress" ? {} : { dns: ["127.0.0.1"] }),
    ...(role === "ollama-gate" && spec.profile.name === "macos"
      ? { extra_hosts: ["host.docker.internal:host-gateway"] }
      : {}),
    ...(isGateway ? { ports: [publishedPort(spec.gateway.port, spec.gateway.port)] } : {}),
    volumes: volumesOf(role, spec, state),
    ...(secrets.length === 0
      ? {}
      : { secrets: secrets.map((name) => ({ source: name, target: name })) }),
    ...dependencies(role, spec, place),
  };
}

function volumesOf(role: Role, spec: DeploymentSpec, state: string): readonly ComposeValue[] {
  const configured = role === "gateway" || role === "egress";
  const meets = (role === "gateway" && spec.skills.length > 0) || role === "skills";
  return [
    ...(configured
      ? [
          {
            type: "bind",
            source: "./config",
            target: "/etc/claw",
            read_only: true,
            bind: { create_host_path: false },
          },
        ]
      : []),
    ...(role === "egress" ? [] : [{ type: "volume", source: role, target: state }]),
    ...(meets
      ? [
          {
            type: "volume",
            source: "sockets",
            target: socketFolder(spec),
            ...(role === "gateway" ? { read_only: true } : {}),
          },
        ]
      : []),
  ];
}

function dependencies(role: Role, spec: DeploymentSpec, place: RenderPlace): Service_ {
  const own = partsOf(spec, place).map((one) => one.role);
  const before: readonly Role[] =
    role === "gateway"
      ? ["skills", "ollama-gate", "egress"]
      : role === "ollama-gate"
        ? ["ollama"]
        : [];
  const needed = before.filter((one) => own.includes(one) && !sharesGateway(one, spec));
  if (needed.length === 0) return {};
  return {
    depends_on: Object.fromEntries(
      needed.map((one) => [one, { condition: "service_healthy", restart: false }]),
    ),
  };
}

/** The gateway finds the proxy in front of Ollama by a name that has a dot, which a service's has not. */
function named(role: Role, wanted: readonly Network[]): ComposeValue {
  if (role !== "ollama-gate") return wanted;
  return Object.fromEntries(
    wanted.map((name) => [
      name,
      name === "inside" || name === "web" ? { aliases: [gateName] } : {},
    ]),
  );
}

/** Who is where. The gateway never shares a network with Ollama, and never has one with a way out unless it is open. */
export function networksOf(role: Role, spec: DeploymentSpec): readonly Network[] {
  const isHost = spec.profile.ollama === "host";
  if (sharesGateway(role, spec)) return [];
  if (role === "gateway") {
    return ["inside", "front"];
  }
  if (role === "ollama-gate") {
    const web: readonly Network[] = spec.extras.openWebui === undefined ? [] : ["web"];
    if (spec.models.endpoint !== undefined) return ["inside", "outside", ...web];
    return ["inside", isHost ? "host" : "models", ...web];
  }
  if (role === "ollama") return ["models"];
  if (role === "egress") return ["inside"];
  return [];
}

function networks(spec: DeploymentSpec): Readonly<Record<Network, ComposeValue>> {
  const bridge = (name: Network, more: Readonly<Record<string, string>> = {}): ComposeValue => ({
    "com.docker.network.bridge.name": bridgeName(spec, name),
    ...more,
  });
  const closed = { "com.docker.network.bridge.enable_ip_masquerade": "false" };
  const { subnet, host } = hostNetwork(spec);
  return {
    inside: { driver: "bridge", internal: true, driver_opts: bridge("inside") },
    models: { driver: "bridge", internal: true, driver_opts: bridge("models") },
    // Docker publishes no port of an internal network: this one publishes, and nothing leaves by it.
    front: {
      driver: "bridge",
      driver_opts: bridge("front", { ...closed, "com.docker.network.bridge.enable_icc": "false" }),
    },
    host: {
      driver: "bridge",
      driver_opts: bridge("host", closed),
      ipam: { config: [{ subnet, gateway: host }] },
    },
    outside: { driver: "bridge", driver_opts: bridge("outside") },
    web: webNetwork(spec),
  };
}

function sharesGateway(role: Role, spec: DeploymentSpec): boolean {
  const isInside = role === "ollama" || role === "ollama-gate";
  return isInside && spec.profile.ollama === "same-container";
}

function secretNames(spec: DeploymentSpec): readonly string[] {
  return usedSecrets(spec)
    .flatMap((place) => (place.source === "file" ? [place.name] : []))
    .filter((name, index, all) => all.indexOf(name) === index)
    .toSorted();
}

function gpu(): ComposeValue {
  return {
    services: {
      ollama: {
        deploy: {
          resources: {
            reservations: {
              devices: [{ driver: "nvidia", count: "all", capabilities: ["gpu"] }],
            },
          },
        },
      },
    },
  };
}

/** The only container that fetches models: an Ollama of its own, which ends before the other one starts. */
function pull(spec: DeploymentSpec, place: RenderPlace): ComposeValue {
  const ollama = only(servicesOf(spec, place), "ollama");
  const whole = service(ollama, spec, place);
  return {
    services: {
      "ollama-pull": {
        ...whole,
        user: `${accountOf("ollama", spec, place)}:${accountOf("ollama", spec, place)}`,
        profiles: ["setup"],
        environment: { ...ollama.environment, OLLAMA_HOST: "127.0.0.1:11434" },
        networks: ["outside"],
        network_mode: undefined,
        dns: undefined,
        restart: "no",
      },
    },
    networks: {
      outside: networks(spec).outside,
    },
  };
}

/** The way out, on and off by naming this file or not. */
function internet(spec: DeploymentSpec, services: readonly Service[]): ComposeValue {
  const role = services.some((one) => one.role === "egress") ? "egress" : "gateway";
  return {
    services: { [role]: { networks: [...networksOf(role, spec), "outside"] } },
    networks: { outside: networks(spec).outside },
  };
}
