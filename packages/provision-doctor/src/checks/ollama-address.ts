import { found } from "../check.ts";
import type { Check, Fault } from "../check.ts";
import { at, entriesOf, lineOfKey, listOf, textsOf } from "../scene/config-file.ts";
import type { ConfigFile } from "../scene/config-file.ts";
import type { Scene } from "../scene/scene.ts";
import { renderAgain, serviceEvidence } from "./commands.ts";

/** Where the gateway asks for models, with the line that says so. */
export function ollamaUrl(
  config: ConfigFile | undefined,
): { readonly url: URL; readonly line: number } | undefined {
  for (const [name, one] of entriesOf(at(config?.config, "models", "providers"))) {
    const base = at(one, "baseUrl");
    const isOllama = name === "ollama" || at(one, "api") === "ollama";
    if (isOllama && typeof base === "string" && URL.canParse(base) && config !== undefined) {
      return { url: new URL(base), line: lineOfKey(config, "providers", name, "baseUrl") };
    }
  }
  return undefined;
}

const isLoopback = (hostname: string): boolean => /^(?:127\..*|localhost|\[::1\])$/u.test(hostname);

/** 4.2: loopback of a container is its own. */
export const loopbackInContainer: Check = {
  id: "ollama-url-loopback",
  symptom: "`ECONNREFUSED 127.0.0.1:11434` from the gateway, though Ollama answers on the host",
  cause: "baseUrl names loopback, and the gateway's container has one of its own",
  fix: "the name of Ollama's container, or host.docker.internal",
  reads: "files",
  look: (scene) => {
    const { gateway, config } = scene;
    const asked = ollamaUrl(config);
    if (asked === undefined) return { doesNotApply: "no model of Ollama" };
    if (gateway === undefined || gateway.form === "unit")
      return { doesNotApply: "the gateway is in no container" };
    const shares =
      gateway.networkMode === "host" ||
      scene.services.some(
        ({ networkMode }) =>
          networkMode === `service:${gateway.name}` || networkMode === `container:${gateway.name}`,
      );
    if (!isLoopback(asked.url.hostname) || shares) return found([]);
    const evidence = [{ file: config?.file ?? "", line: asked.line, value: asked.url.origin }];
    return found([{ evidence, fix: renderAgain(scene, "baseUrl http://ollama:11434") }]);
  },
};

/** 4.2, 1.5: Linux does not know host.docker.internal by itself. */
export const hostUnresolved: Check = {
  id: "ollama-host-unresolved",
  symptom: "`ENOTFOUND host.docker.internal` on Linux",
  cause: "Docker resolves that name by itself on desktops only",
  fix: 'extra_hosts: ["host.docker.internal:host-gateway"]',
  reads: "files",
  look: (scene) => {
    if (scene.compose === undefined) return { doesNotApply: "no compose file" };
    const asked = ollamaUrl(scene.config);
    const asking = scene.services.filter(
      ({ form, role, command, environment }) =>
        form === "compose" &&
        ([...command, ...Object.values(environment)].some((text) =>
          text.includes("host.docker.internal"),
        ) ||
          (role === "gateway" && asked?.url.hostname === "host.docker.internal")),
    );
    if (asking.length === 0) return { doesNotApply: "nobody asks host.docker.internal" };
    return found(
      asking
        .filter(
          ({ extraHosts }) => !extraHosts.some((one) => /^host\.docker\.internal[:=]/u.test(one)),
        )
        .map((service): Fault => ({
          evidence: [
            serviceEvidence(service, ["extra_hosts"], `${service.name}: no host.docker.internal`),
          ],
          fix: renderAgain(scene, 'extra_hosts: ["host.docker.internal:host-gateway"]'),
        })),
    );
  },
};

/** 4.2: a provider that is not written is looked for at one address. */
export const providerMissing: Check = {
  id: "provider-not-written",
  symptom: "onboarding or the gateway asks 127.0.0.1:11434, whatever was meant",
  cause: "the model's provider is not in models.providers: an address that is built in is tried",
  fix: "write the provider with its baseUrl into models.providers",
  reads: "files",
  look: (scene) => lookForModels(scene, "provider"),
};

/** 4.2: `Unknown model`. */
export const modelUnlisted: Check = {
  id: "model-not-listed",
  symptom: "`Unknown model`, though curl of Ollama shows it",
  cause: "the model is used and is not in its provider's list, and discovery is off or failed",
  fix: "list the model in models.providers, id and name",
  reads: "files",
  look: (scene) => lookForModels(scene, "model"),
};

function lookForModels(scene: Scene, what: "provider" | "model"): ReturnType<Check["look"]> {
  const { config } = scene;
  if (config === undefined || config.findings.length > 0)
    return { doesNotApply: "no openclaw.json that can be read" };
  const providers = entriesOf(at(config.config, "models", "providers"));
  const missing = usedModels(config).flatMap((ref): readonly Fault[] => {
    const [name = "", ...rest] = ref.split("/");
    const provider = providers.find(([one]) => one === name);
    const ids = listOf(at(provider?.[1], "models")).map((model) => at(model, "id"));
    const isMissing =
      what === "provider"
        ? provider === undefined
        : provider !== undefined && !ids.includes(rest.join("/"));
    if (!isMissing) return [];
    const evidence = [{ file: config.file, line: lineOfKey(config, "agents", ref), value: ref }];
    return [
      {
        evidence,
        fix: renderAgain(scene, `add ${what === "provider" ? `models.providers.${name}` : ref}`),
      },
    ];
  });
  return found(missing);
}

/** Models that agents use, by provider and id. */
export function usedModels(config: ConfigFile): readonly string[] {
  const agents = at(config.config, "agents");
  const defaults = at(agents, "defaults", "model");
  const all = [
    ...textsOf(typeof defaults === "string" ? defaults : at(defaults, "primary")),
    ...textsOf(at(defaults, "fallbacks")),
    ...entriesOf(at(agents, "entries")).flatMap(([, one]) => textsOf(at(one, "model"))),
  ];
  return [...new Set(all.filter((ref) => ref.includes("/")))];
}

/** 4.2: the first load of a model takes minutes. */
export const coldModel: Check = {
  id: "cold-model-timeout",
  symptom: "the first question after a while times out, the second works",
  cause:
    "a model that is not loaded takes minutes, and timeoutSeconds is shorter, or OLLAMA_KEEP_ALIVE is 0",
  fix: "timeoutSeconds: 300 for the provider, OLLAMA_KEEP_ALIVE of some minutes",
  reads: "files",
  look: (scene) => {
    const { config } = scene;
    if (config === undefined || ollamaUrl(config) === undefined)
      return { doesNotApply: "no model of Ollama" };
    const faults = entriesOf(at(config.config, "models", "providers"))
      .filter(([name, one]) => name === "ollama" || at(one, "api") === "ollama")
      .flatMap(([name, one]): readonly Fault[] => {
        const limit = at(one, "timeoutSeconds");
        if (typeof limit !== "number" || limit >= 300) return [];
        const line = lineOfKey(config, "providers", name, "timeoutSeconds");
        return [
          {
            evidence: [{ file: config.file, line, value: `${limit} s` }],
            fix: renderAgain(scene, "timeoutSeconds: 300"),
          },
        ];
      });
    const unloading = scene.files.flatMap(({ path, text }) =>
      text.split("\n").flatMap((line, index): readonly Fault[] =>
        /\bOLLAMA_KEEP_ALIVE\W+0(?:s|m|"|$)/u.test(line)
          ? [
              {
                evidence: [{ file: path, line: index + 1, value: "OLLAMA_KEEP_ALIVE is 0" }],
                fix: renderAgain(scene, "OLLAMA_KEEP_ALIVE=10m"),
              },
            ]
          : [],
      ),
    );
    return found([...faults, ...unloading]);
  },
};

const loopbackOf = (scene: Scene): string | undefined => {
  const asked = ollamaUrl(scene.config);
  return asked !== undefined &&
    isLoopback(asked.url.hostname) &&
    (scene.form === "process" || scene.form === "units")
    ? asked.url.origin
    : undefined;
};

/** The address that can be asked from here, or why none can. */
export function askable(scene: Scene): { readonly origin: string } | { readonly why: string } {
  if (ollamaUrl(scene.config) === undefined) return { why: "no model of Ollama" };
  const origin = loopbackOf(scene);
  return origin === undefined
    ? { why: "Ollama's address is one of a container's network" }
    : { origin };
}
