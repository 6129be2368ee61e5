import { z } from "zod";

import type { WrittenAction, WrittenHead } from "./written-contract.ts";

/*
 * The shape of a contract file as it is written. Rules between keys are in check-action.ts, the types
 * in written-contract.ts.
 */

const safe = Number.MAX_SAFE_INTEGER;
const name: z.ZodString = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,63}$/u, "expected [a-z][a-z0-9-]*, at most 64");
const description: z.ZodString = z.string().min(1).max(1024);
const relativeFile: z.ZodString = z.string().min(1).max(1024);
const argumentName: z.ZodString = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/u, "expected [A-Za-z][A-Za-z0-9_-]*, at most 64");
const variable: z.ZodString = z
  .string()
  .regex(/^[A-Z_][A-Z0-9_]{0,63}$/u, "expected [A-Z_][A-Z0-9_]*, at most 64");
const argv: z.ZodArray<z.ZodString> = z.array(z.string().max(4096)).max(128);
const integer: z.ZodInt = z.int().min(-safe).max(safe);

const argumentBase = {
  description: description.optional(),
  required: z.boolean().optional(),
  record: z.enum(["store", "keyed"]).optional(),
};

const argument = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("string"),
    ...argumentBase,
    minBytes: z.int().min(0).max(1_048_576).optional(),
    maxBytes: z.int().min(1).max(1_048_576).optional(),
    multiline: z.boolean().optional(),
    notOption: z.boolean().optional(),
    default: z.string().optional(),
  }),
  z.strictObject({
    type: z.literal("integer"),
    ...argumentBase,
    minimum: integer.optional(),
    maximum: integer.optional(),
    default: integer.optional(),
  }),
  z.strictObject({
    type: z.literal("number"),
    ...argumentBase,
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    default: z.number().optional(),
  }),
  z.strictObject({ type: z.literal("boolean"), ...argumentBase, default: z.boolean().optional() }),
  z.strictObject({
    type: z.literal("enum"),
    ...argumentBase,
    values: z.array(z.string().min(1).max(1024)).min(1).max(256),
    default: z.string().optional(),
  }),
  z.strictObject({
    type: z.literal("path"),
    ...argumentBase,
    root: name,
    maxBytes: z.int().min(1).max(4096).optional(),
    default: z.string().optional(),
  }),
]);

const exitCode: z.ZodString = z
  .string()
  .regex(/^(?:0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])$/u, "expected an exit code, 0 to 255");

const action = z.strictObject({
  description,
  argv,
  stdin: z
    .union([
      z.literal("none"),
      z.strictObject({ json: z.array(argumentName).min(1).max(64) }),
      z.strictObject({ text: argumentName }),
    ])
    .optional(),
  arguments: z.record(argumentName, argument).meta({ maxProperties: 64 }).optional(),
  execution: z.enum(["oneshot", "resident"]).optional(),
  resident: z
    .strictObject({
      argv,
      idleMs: z.int().min(1000).max(3_600_000).optional(),
      maxRequests: z.int().min(1).max(1_000_000).optional(),
    })
    .optional(),
  timeoutMs: z.int().min(1).max(3_600_000).optional(),
  output: z
    .strictObject({
      format: z.enum(["json", "text"]).optional(),
      maxBytes: z.int().min(1).max(67_108_864).optional(),
      overflow: z.enum(["fail", "truncate"]).optional(),
      artifact: z
        .strictObject({
          maxBytes: z.int().min(1).max(67_108_864).optional(),
          days: z.int().min(1).max(3650).optional(),
        })
        .optional(),
      schema: z.union([relativeFile, z.boolean(), z.looseObject({})]).optional(),
    })
    .optional(),
  exitCodes: z.record(exitCode, z.enum(["done", "no", "failure"])).optional(),
  environment: z.array(variable).max(32).optional(),
  setEnvironment: z.record(variable, z.string().max(1024)).meta({ maxProperties: 32 }).optional(),
  secrets: z
    .record(
      variable,
      z.strictObject({
        reference: z
          .string()
          .regex(/^[a-z][a-z0-9-]*:[\u0021-\u007e]{1,256}$/u, 'expected "provider:id"'),
        as: z.enum(["environment"]).optional(),
        description: description.optional(),
      }),
    )
    .meta({ maxProperties: 32 })
    .optional(),
  roots: z
    .record(
      name,
      z.strictObject({
        access: z.enum(["read", "write"]),
        default: z.string().min(1).max(4096).optional(),
        provided: z.enum(["index-registry", "audit-log"]).optional(),
        show: z.enum(["named"]).optional(),
        description: description.optional(),
      }),
    )
    .meta({ maxProperties: 16 })
    .optional(),
  network: z.literal("none").optional(),
  services: z.array(name).max(8).optional(),
  limits: z
    .strictObject({
      memoryMb: z.int().min(16).max(1_048_576).optional(),
      cpuSeconds: z.int().min(1).max(3600).optional(),
      processes: z.int().min(1).max(4096).optional(),
      openFiles: z.int().min(16).max(65_536).optional(),
      fileMb: z.int().min(1).max(1_048_576).optional(),
    })
    .optional(),
  retries: z
    .strictObject({
      attempts: z.int().min(2).max(5),
      on: z.array(z.int().min(1).max(255)).min(1).max(32),
    })
    .optional(),
  provenance: z.record(argumentName, z.string().max(1024)).meta({ maxProperties: 16 }).optional(),
  determinism: z
    .strictObject({
      promise: z.enum(["bytes", "json", "none"]),
      volatile: z.array(z.string().max(1024)).max(64).optional(),
    })
    .optional(),
  effects: z.enum(["read-only", "writes"]).optional(),
  sandbox: z.enum(["landlock", "bubblewrap"]).optional(),
});

const head = {
  contract: z.literal(1),
  program: z.union([
    z.string().regex(/^[a-z0-9-]{1,64}$/u, "expected a program name, [a-z0-9-], at most 64"),
    z.strictObject({
      system: z
        .string()
        .regex(
          /^[a-zA-Z0-9][a-zA-Z0-9._+-]{0,63}$/u,
          "expected the name of a program, without its folder",
        ),
    }),
    z.strictObject({ file: relativeFile, interpreter: z.enum(["node", "python3", "sh", "none"]) }),
  ]),
  defaultAction: name.optional(),
};

/** One action as written. */
export const actionSchema: z.ZodType<WrittenAction> = action;

/** The file without the inside of its actions, so that one bad action does not hide the others' findings. */
export const headSchema: z.ZodType<WrittenHead> = z.strictObject({
  ...head,
  actions: z.record(name, z.unknown()),
});

/** The whole file as written. */
export const contractFileSchema: z.ZodType = z.strictObject({
  ...head,
  actions: z.record(name, action).meta({ minProperties: 1, maxProperties: 64 }),
});

/** The JSON Schema that `docs/exec-contract.schema.json` holds: what an editor can check while one types. */
export function contractJsonSchema(): Readonly<Record<string, unknown>> {
  return {
    $id: "https://clawkeep.dev/schemas/exec-contract-1.json",
    title: "Clawkeep exec contract, version 1",
    ...z.toJSONSchema(contractFileSchema, { io: "input", target: "draft-2020-12" }),
  };
}
