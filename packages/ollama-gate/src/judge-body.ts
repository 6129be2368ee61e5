import type { GateRefusal } from "./gate-rules.ts";

/** A body that names an allowed model. */
export interface GateBody {
  readonly model: string;
  /** What is sent on: written anew, so that Ollama reads what was judged. */
  readonly bytes: Uint8Array;
}

/**
 * Judges a body by the model that it names. Ollama is a Go program: its decoder takes names of fields
 * whatever their case and the last of two, so that `{"model": "allowed", "MODEL": "other"}` would ask
 * for the other. Such bodies are refused, and the rest is sent on as it was understood here.
 *
 * @param models Names exactly as clients write them; `m` and `m:latest` are two.
 */
export function judgeBody(bytes: Uint8Array, models: ReadonlySet<string>): GateBody | GateRefusal {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return { status: 400, code: "GATE_JSON", message: "expected JSON in UTF-8" };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { status: 400, code: "GATE_JSON", message: "expected a JSON object" };
  }
  const fields = Object.entries(value);
  // `name` is what older clients of Ollama call it.
  const naming = fields.filter(([key]) => ["model", "name"].includes(key.toLowerCase()));
  if (naming.some(([key]) => key !== key.toLowerCase())) {
    return { status: 400, code: "GATE_FIELD", message: "expected model in lower case" };
  }
  const model: unknown = naming[0]?.[1];
  if (typeof model !== "string" || naming.some(([, other]) => other !== model)) {
    return { status: 400, code: "GATE_MODEL", message: "expected the name of one model" };
  }
  if (!models.has(model)) {
    return { status: 403, code: "GATE_MODEL", message: "this model is not let through" };
  }
  return { model, bytes: Buffer.from(JSON.stringify(value)) };
}
