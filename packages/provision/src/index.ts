export { ensureToken, hasSecret, rotateToken } from "./secrets/ensure-token.ts";
