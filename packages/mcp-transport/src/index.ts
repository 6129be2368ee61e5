export { mcpRoute } from "./mcp-route.ts";
export { serveMcpStdio } from "./mcp-stdio.ts";
