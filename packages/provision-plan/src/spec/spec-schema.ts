import { z } from "zod";

import { profileNames } from "../profiles/profiles.ts";
import { toolGroups, waivable } from "./written-spec.ts";
import type { WrittenSpec } from "./written-spec.ts";

/* The shape of deploy.yaml as it is written. Rules between keys are in check-spec.ts. */

const name = (most: number): z.ZodString =>
  z
    .string()
    .regex(
      new RegExp(`^[a-z][a-z0-9-]{0,${most - 1}}$`, "u"),
      `expected [a-z][a-z0-9-]*, at most ${most}`,
    );

/** A reference and never a value: the text of a wrong one is not repeated in what is said about it. */
const reference: z.ZodString = z
  .string()
  .regex(
    /^(?:file:[a-z][a-z0-9-]{0,62}|env:[A-Z][A-Z0-9_]{0,62}|exec:[a-z][a-z0-9-]{0,30}\/[A-Za-z0-9._/-]{1,128})$/u,
    "expected a reference (file:NAME, env:NAME or exec:COMMAND/ID), never the secret itself",
  );

const model: z.ZodString = z
  .string()
  .max(160)
  .regex(
    /^(?:ollama|openrouter)\/[A-Za-z0-9][A-Za-z0-9._:/-]*$/u,
    "expected ollama/NAME:TAG or openrouter/VENDOR/NAME",
  );

const seconds = (least: number): z.ZodInt => z.int().min(least).max(86_400);

const host: z.ZodString = z
  .string()
  .max(253)
  .regex(
    /^(?=.*[a-z])[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/u,
    "expected a host name in lower case, without scheme, port or wildcard",
  );

const program: z.ZodString = z
  .string()
  .max(4096)
  .regex(/^\/[^\0\n]+$/u, "expected the absolute path of a program");

const schema = z.strictObject({
  deploy: z.literal(1),
  name: name(30).optional(),
  instance: z.int().min(0).max(31).optional(),
  profile: z.enum(profileNames as [(typeof profileNames)[number]]),
  manager: z.enum(["system", "user"]).optional(),
  openclaw: z
    .strictObject({
      version: z
        .string()
        .regex(
          /^20[0-9]{2}\.(?:1[0-2]|[1-9])\.[0-9]{1,3}(?:-[0-9]{1,3})?$/u,
          "expected an exact version such as 2026.9.6: no range and no tag",
        )
        .optional(),
      include: z
        .string()
        .max(64)
        .regex(
          /^(?!openclaw\.)[a-z][a-z0-9-]*\.json5?$/u,
          "expected the name of a file beside openclaw.json, such as own.json",
        )
        .optional(),
    })
    .optional(),
  gateway: z
    .strictObject({
      port: z.int().min(1024).max(65_000).optional(),
      ui: z.boolean().optional(),
      auth: z.enum(["token", "none", "trusted-proxy"]).optional(),
      userHeader: z
        .string()
        .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/u, "expected the name of a header")
        .optional(),
      users: z
        .array(
          z
            .string()
            .min(1)
            .max(254)
            .regex(/^[\u0021-\u007e]+$/u, "expected a user as the proxy names them"),
        )
        .max(64)
        .optional(),
      exposure: z.enum(["loopback", "ssh", "tailscale", "caddy"]).optional(),
      origins: z
        .array(
          z
            .string()
            .max(300)
            .regex(
              /^https?:\/\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[1-9][0-9]{0,4})?$/u,
              "expected scheme, host and port, such as https://claw.example.net: no path, wildcard or range",
            ),
        )
        .max(16)
        .optional(),
      stopSeconds: z
        .int()
        .min(330, "expected at least 330: the gateway finishes its turns for up to 315 s")
        .max(3600)
        .optional(),
    })
    .optional(),
  models: z.strictObject({
    primary: model,
    fallbacks: z.array(model).max(8).optional(),
    endpoint: z
      .string()
      .max(300)
      .regex(
        /^https?:\/\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?:[1-9][0-9]{0,4}$/u,
        "expected http://HOST:PORT of an Ollama, without a path such as /v1",
      )
      .optional(),
    contextTokens: z.int().min(1).max(1_048_576).optional(),
    maxTokens: z.int().min(256).max(131_072).optional(),
    numThread: z.int().min(1).max(512).optional(),
    numGpu: z.int().min(0).max(999).optional(),
    timeoutSeconds: seconds(30).optional(),
  }),
  agents: z.record(name(30), z.strictObject({ model })).optional(),
  ollama: z
    .record(
      z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/u, "expected the name of a variable"),
      z.union([
        z
          .string()
          .max(512)
          .regex(/^[\u0020-\u007e]*$/u, "expected one line of plain characters"),
        z.number(),
        z.boolean(),
      ]),
    )
    .optional(),
  secrets: z
    .strictObject({
      gatewayToken: reference.optional(),
      openrouterKey: reference.optional(),
      searchKey: reference.optional(),
      commands: z
        .record(
          name(31),
          z.strictObject({
            command: program,
            args: z.array(z.string().max(1024)).max(32).optional(),
          }),
        )
        .optional(),
    })
    .optional(),
  egress: z
    .strictObject({
      mode: z.enum(["none", "allowlist", "open"]),
      allow: z
        .array(
          z.strictObject({
            host,
            port: z.int().min(1).max(65_535).optional(),
            why: z.string().min(3).max(200),
          }),
        )
        .max(64)
        .optional(),
    })
    .optional(),
  exec: z
    .strictObject({
      mode: z.enum(["deny", "allowlist", "full"]).optional(),
      timeoutSeconds: seconds(1).optional(),
      backgroundMs: z.int().min(0).max(3_600_000).optional(),
      cleanupMs: z.int().min(60_000).max(10_800_000).optional(),
      applyPatch: z.strictObject({ allowModels: z.array(model).min(1).max(16) }).optional(),
    })
    .optional(),
  tools: z
    .strictObject({ groups: z.array(z.enum(toolGroups)).max(toolGroups.length).optional() })
    .optional(),
  sandbox: z
    .strictObject({
      backend: z.enum(["none", "host", "rootless", "podman"]),
      socket: z.enum(["none", "rootless", "proxy", "host"]).optional(),
    })
    .optional(),
  skills: z.array(name(64)).max(64).optional(),
  channels: z
    .partialRecord(
      z.enum(["telegram", "discord", "whatsapp"]),
      z.strictObject({ token: reference.optional() }),
    )
    .optional(),
  capabilities: z
    .strictObject({
      webSearch: z.enum(["ollama", "gemini", "grok"]).optional(),
      github: z.enum(["read", "write"]).optional(),
    })
    .optional(),
  mcp: z
    .record(
      name(30),
      z.strictObject({
        command: program.optional(),
        args: z.array(z.string().max(1024)).max(32).optional(),
        url: z
          .string()
          .max(300)
          .regex(
            /^(?:https:\/\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|http:\/\/127\.0\.0\.1)(?::[1-9][0-9]{0,4})?(?:\/[A-Za-z0-9._~/-]*)?$/u,
            "expected https://HOST/PATH, or http://127.0.0.1:PORT/PATH, without a user or a query",
          )
          .optional(),
        tools: z
          .array(
            z.string().regex(/^[A-Za-z0-9_.-]{1,128}$/u, "expected the name of a tool, no pattern"),
          )
          .min(1)
          .max(64),
      }),
    )
    .optional(),
  extras: z
    .strictObject({
      openWebui: z.strictObject({ port: z.int().min(1024).max(65_000).optional() }).optional(),
    })
    .optional(),
  privateData: z.boolean().optional(),
  limits: z
    .strictObject({
      memoryMb: z.int().min(1).max(1_048_576).optional(),
      cpus: z.number().min(0.1).max(512).optional(),
      processes: z.int().min(32).max(65_536).optional(),
      concurrent: z.int().min(1).max(64).optional(),
    })
    .optional(),
  allow: z
    .array(
      z.strictObject({
        control: z.enum(waivable),
        reason: z
          .string()
          .min(10, "expected a reason that somebody else understands, at least 10 characters")
          .max(400),
      }),
    )
    .max(16)
    .optional(),
});

/** `deploy.yaml` as written. */
export const specSchema: z.ZodType<WrittenSpec> = schema;

/** The JSON Schema that `docs/deploy.schema.json` holds: what an editor can check while one types. */
export function deployJsonSchema(): Readonly<Record<string, unknown>> {
  return {
    $id: "https://clawkeep.dev/schemas/deploy-1.json",
    title: "Clawkeep deployment, version 1",
    ...z.toJSONSchema(schema, { io: "input", target: "draft-2020-12" }),
  };
}
