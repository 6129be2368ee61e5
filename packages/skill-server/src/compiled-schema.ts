import { fromJsonSchema } from "@modelcontextprotocol/server";

import type { LockedTool } from "./locked-tool.ts";

type CompiledSchema = ReturnType<typeof fromJsonSchema<Record<string, unknown>>>;

const compiled = new WeakMap<LockedTool, CompiledSchema>();

/**
 * A tool's schema, compiled once: by HTTP each request has a server of its own, and compiling took it
 * longer than everything else of the protocol together.
 */
export function compiledSchema(tool: LockedTool): CompiledSchema {
  const known = compiled.get(tool);
  if (known !== undefined) return known;
  const schema = fromJsonSchema<Record<string, unknown>>({ ...tool.inputSchema });
  compiled.set(tool, schema);
  return schema;
}
