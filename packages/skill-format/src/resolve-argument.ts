import { argumentProblem } from "./argument-value.ts";
import type { ArgumentSpec } from "./contract.ts";
import { defined } from "./defined.ts";
import type { ReportProblem } from "./report-problem.ts";
import type { WrittenArgument } from "./written-contract.ts";

const largest = Number.MAX_VALUE;
const safe = Number.MAX_SAFE_INTEGER;

/** Fills in the defaults of one argument and reports limits and defaults that contradict each other. */
export function resolveArgument(
  written: WrittenArgument,
  name: string,
  report: ReportProblem,
): ArgumentSpec {
  const path = ["arguments", name];
  const isText = written.type === "string" || written.type === "path";
  const base = {
    ...defined({ description: written.description }),
    required: written.required ?? written.default === undefined,
    record: written.record ?? (isText ? ("keyed" as const) : ("store" as const)),
  };
  const given = written.default;
  const limits = (least: number, most: number): void => {
    if (least > most) {
      report(
        "CONTRACT_LIMITS",
        path,
        `expected a lower limit below the upper one, got ${least} and ${most}`,
        "Swap them.",
      );
    }
  };
  const spec = ((): ArgumentSpec => {
    switch (written.type) {
      case "string": {
        const minBytes = written.minBytes ?? 0;
        const maxBytes = written.maxBytes ?? 8192;
        limits(minBytes, maxBytes);
        const multiline = written.multiline ?? false;
        return {
          type: "string",
          ...base,
          minBytes,
          maxBytes,
          multiline,
          ...(written.notOption === true ? { notOption: true } : {}),
          ...textDefault(given),
        };
      }
      case "integer":
      case "number": {
        const most = written.type === "integer" ? safe : largest;
        const minimum = written.minimum ?? -most;
        const maximum = written.maximum ?? most;
        limits(minimum, maximum);
        const numbers = typeof given === "number" ? { default: given } : {};
        const range = { ...base, minimum, maximum, ...numbers };
        return written.type === "integer"
          ? { type: "integer", ...range }
          : { type: "number", ...range };
      }
      case "boolean":
        return {
          type: "boolean",
          ...base,
          ...(typeof given === "boolean" ? { default: given } : {}),
        };
      case "enum": {
        const values = written.values ?? [];
        if (new Set(values).size < values.length) {
          report(
            "CONTRACT_ENUM",
            [...path, "values"],
            "expected different values, got one twice",
            "Remove one.",
          );
        }
        return { type: "enum", ...base, values, ...textDefault(given) };
      }
      case "path":
      default:
        return {
          type: "path",
          ...base,
          root: written.root ?? "",
          maxBytes: written.maxBytes ?? 4096,
          ...textDefault(given),
        };
    }
  })();
  if (given !== undefined && written.required === true) {
    report(
      "CONTRACT_DEFAULT",
      [...path, "required"],
      "expected either `required: true` or a default, got both",
      "Remove one of the two.",
    );
  }
  const problem = given === undefined ? undefined : argumentProblem(spec, given);
  if (problem !== undefined) {
    report(
      "CONTRACT_DEFAULT",
      [...path, "default"],
      problem,
      "Choose a default that a caller could give.",
    );
  }
  return spec;
}

function textDefault(given: unknown): { readonly default?: string } {
  return typeof given === "string" ? { default: given } : {};
}
