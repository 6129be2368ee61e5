import { found } from "../check.ts";
import type { Check, Evidence, Fault } from "../check.ts";
import { ollamaVariableProblem } from "@clawkeep/provision-plan";

import type { Scene } from "../scene/scene.ts";
import { ollamaModels } from "./context.ts";
import { renderAgain } from "./commands.ts";

interface Variable {
  readonly name: string;
  readonly value: string;
  readonly evidence: Evidence;
}

function variablesOf(scene: Scene): readonly Variable[] {
  const files = scene.files.filter(
    ({ path }) => path === ".env" || /^config\/[^/]+\.env$/u.test(path),
  );
  const written = files.flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, index): readonly Variable[] => {
      const [, name = "", value = ""] =
        /^\s*(?:export\s+)?(OLLAMA_[A-Z0-9_]+)=(.*)$/u.exec(line) ?? [];
      return name === ""
        ? []
        : [{ name, value, evidence: { file: path, line: index + 1, value: name } }];
    }),
  );
  const given = scene.services
    .filter(({ role }) => role === "ollama")
    .flatMap((service) =>
      Object.entries(service.environment)
        .filter(([name]) => name.startsWith("OLLAMA_"))
        .map(([name, value]): Variable => {
          const keys = service.form === "compose" ? ["environment", name] : ["Environment"];
          return {
            name,
            value,
            evidence: { file: service.file, line: service.lineOf(...keys), value: name },
          };
        }),
    );
  return [...written, ...given];
}

/** Not variables of Ollama, though their names begin so: ours, of guides, of OpenClaw. */
const ours: ReadonlySet<string> = new Set(["OLLAMA_MODEL", "OLLAMA_BASE_URL", "OLLAMA_API_KEY"]);

/** 4.1: three variables that guides set do nothing. */
export const ollamaVariables: Check = {
  id: "ollama-variable-without-effect",
  symptom: "OLLAMA_NUM_GPU, OLLAMA_MAX_RAM or OLLAMA_NUM_THREADS is set and changes nothing",
  cause: "Ollama reads 24 variables; a name that is none of them is ignored without a word",
  fix: "models.numGpu and models.numThread in the spec become parameters of the model",
  reads: "files",
  look: (scene) => {
    const variables = variablesOf(scene);
    if (variables.length === 0) return { doesNotApply: "no variable of Ollama" };
    return found(
      variables.flatMap(({ name, value, evidence }): readonly Fault[] => {
        const problem = ours.has(name) ? undefined : ollamaVariableProblem(name, value);
        const isName =
          problem?.code === "OLLAMA_NO_EFFECT" || problem?.code === "OLLAMA_UNKNOWN_VARIABLE";
        return problem === undefined || !isName
          ? []
          : [
              {
                evidence: [evidence],
                fix: renderAgain(scene, `remove ${name}. ${problem.hint ?? ""}`),
              },
            ];
      }),
    );
  },
};

/** 4.1: in a cage Ollama must not offer its cloud. */
export const ollamaCloud: Check = {
  id: "ollama-cloud-on",
  symptom: "a deployment without a way out offers Ollama's cloud models, or sends prompts there",
  cause: "OLLAMA_NO_CLOUD=1 is missing, and no cloud model is wanted",
  fix: "set OLLAMA_NO_CLOUD=1 for Ollama",
  reads: "files",
  look: (scene) => {
    const { config } = scene;
    if (config === undefined) return { doesNotApply: "no openclaw.json" };
    const variables = variablesOf(scene);
    const hosts = scene.services.filter(({ role }) => role === "ollama");
    const file = scene.files.find(({ path }) => path === "config/ollama.env");
    if (hosts.length === 0 && file === undefined)
      return { doesNotApply: "Ollama is not of this deployment" };
    if (ollamaModels(config).some(({ id }) => /[:-]cloud$/u.test(id)))
      return { doesNotApply: "a cloud model is wanted" };
    const off = variables.filter(({ name, value }) => name === "OLLAMA_NO_CLOUD" && value === "1");
    const faults = [
      ...hosts
        .filter(({ environment }) => environment["OLLAMA_NO_CLOUD"] !== "1")
        .map((service): Evidence => ({
          file: service.file,
          line: service.lineOf("environment"),
          value: service.name,
        })),
      ...(file !== undefined && !off.some(({ evidence }) => evidence.file === file.path)
        ? [{ file: file.path, value: "no OLLAMA_NO_CLOUD=1" }]
        : []),
    ];
    if (faults.length === 0) return found([]);
    return found([{ evidence: faults, fix: renderAgain(scene, "add OLLAMA_NO_CLOUD=1") }]);
  },
};
