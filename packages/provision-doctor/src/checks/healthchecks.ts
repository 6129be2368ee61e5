import { found } from "../check.ts";
import type { Check, Fault } from "../check.ts";
import { listenPort } from "../scene/scene.ts";
import type { Scene } from "../scene/scene.ts";
import type { Service } from "../scene/service.ts";
import { renderAgain, serviceEvidence } from "./commands.ts";

/** The gateway takes 20 s on an idle machine; a cold disk or a small server takes minutes. */
const leastStartSeconds = 120;

const testKey = (service: Service): readonly string[] =>
  service.form === "compose" ? ["healthcheck", "test"] : ["HealthCmd"];

function composeGateway({ gateway }: Scene): Service | undefined {
  return gateway?.form === "compose" ? gateway : undefined;
}

/** 1.5, 4.2: what asks nothing waits for nothing. */
export const healthMissing: Check = {
  id: "healthcheck-missing",
  symptom: "a gateway that hangs counts as running; what depends on it starts too early",
  cause: "the gateway has no healthcheck",
  fix: "a healthcheck that asks 127.0.0.1:PORT/healthz",
  reads: "files",
  look: (scene) => {
    const gateway = composeGateway(scene);
    if (gateway === undefined) return { doesNotApply: "no compose file with a gateway" };
    if (gateway.health !== undefined && !gateway.health.isOff) return found([]);
    const evidence = [serviceEvidence(gateway, ["healthcheck"], "none")];
    return found([
      { evidence, fix: renderAgain(scene, "a healthcheck of /healthz, start_period 120s") },
    ]);
  },
};

/** 1.5, 4.2: 18790/health answers nobody. */
export const healthWrong: Check = {
  id: "healthcheck-asks-elsewhere",
  symptom: "always `unhealthy`, though the gateway works",
  cause: "the healthcheck asks a port or path on which the gateway does not answer",
  fix: "ask http://127.0.0.1:PORT/healthz with the gateway's own port",
  reads: "files",
  look: (scene) => {
    const gateway = composeGateway(scene);
    if (gateway?.health === undefined || gateway.health.isOff)
      return { doesNotApply: "no healthcheck" };
    const port = String(listenPort(scene));
    const [, asked = "", path = ""] =
      /(?:127\.0\.0\.1|localhost|\[::1\]):([0-9]+)(\/[a-z]*)?/u.exec(gateway.health.test) ?? [];
    if (asked === "") return found([]);
    if (asked === port && /^\/(?:healthz|readyz|startupz)$/u.test(path)) return found([]);
    const evidence = [
      serviceEvidence(
        gateway,
        testKey(gateway),
        `asks ${asked}${path}, the gateway answers ${port}/healthz`,
      ),
    ];
    return found([{ evidence, fix: renderAgain(scene, `ask http://127.0.0.1:${port}/healthz`) }]);
  },
};

/** 4.2: 15 seconds are not enough. */
export const healthStart: Check = {
  id: "healthcheck-start-too-short",
  symptom: "`unhealthy` in the first minute, and what depends on the gateway does not start",
  cause:
    "start_period is shorter than the gateway takes: 20 s on an idle machine, more on a small one",
  fix: "start_period: 120s",
  reads: "files",
  look: (scene) => {
    const gateway = composeGateway(scene);
    if (gateway?.health === undefined || gateway.health.isOff)
      return { doesNotApply: "no healthcheck" };
    const { startSeconds } = gateway.health;
    if (startSeconds !== undefined && startSeconds >= leastStartSeconds) return found([]);
    const value =
      startSeconds === undefined ? "start_period is not set" : `start_period: ${startSeconds} s`;
    const evidence = [serviceEvidence(gateway, ["healthcheck", "start_period"], value)];
    return found([{ evidence, fix: renderAgain(scene, "start_period: 120s") }]);
  },
};

/** 4.2: the image has no curl. */
export const ollamaHealth: Check = {
  id: "ollama-healthcheck-curl",
  symptom: "Ollama is `unhealthy`, though it answers",
  cause: "its image has neither curl nor wget, which the healthcheck runs",
  fix: 'test: ["CMD", "ollama", "list"]',
  reads: "files",
  look: (scene) => {
    const ollama = scene.services.filter(
      ({ role, form }) => role === "ollama" && form === "compose",
    );
    if (ollama.length === 0) return { doesNotApply: "no container of Ollama" };
    return found(
      ollama
        .filter(({ health }) => /\b(?:curl|wget)\b/u.test(health?.test ?? ""))
        .map((service): Fault => ({
          evidence: [serviceEvidence(service, testKey(service), service.health?.test ?? "")],
          fix: renderAgain(scene, 'test: ["CMD", "/usr/bin/ollama", "list"]'),
        })),
    );
  },
};

/** 1.5: depends_on waits for nothing. */
export const dependsWithoutHealth: Check = {
  id: "depends-without-health",
  symptom: "the gateway starts before Ollama answers, and finds no model",
  cause: "depends_on waits for the start of a container, not for its health",
  fix: "condition: service_healthy, and a healthcheck for it",
  reads: "files",
  look: (scene) => {
    const gateway = composeGateway(scene);
    if (gateway === undefined) return { doesNotApply: "no compose file with a gateway" };
    return found(
      gateway.dependsOn
        .filter(({ name, condition }) => {
          const on = scene.services.find((one) => one.name === name);
          return (
            condition !== "service_completed_successfully" &&
            (condition !== "service_healthy" || on?.health === undefined)
          );
        })
        .map(({ name, condition }): Fault => ({
          evidence: [serviceEvidence(gateway, ["depends_on", name], `${name}: ${condition}`)],
          fix: renderAgain(scene, `condition: service_healthy for ${name}`),
        })),
    );
  },
};
