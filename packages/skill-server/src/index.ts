export type { LockedTool, ObjectSchema } from "./locked-tool.ts";
export { readTools } from "./read-tools.ts";
export type { ReadTools } from "./read-tools.ts";
export { skillMcpServer } from "./skill-mcp-server.ts";
export type { Connected, SkillService } from "./skill-mcp-server.ts";
