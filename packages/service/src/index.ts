export { accessTokens, tokenFromFile } from "./http/access-tokens.ts";
export type { AccessToken, AccessTokens } from "./http/access-tokens.ts";
export { jsonReply } from "./http/http-route.ts";
export type { HttpCall, HttpReply, HttpRoute } from "./http/http-route.ts";
export { serveHttp } from "./http/serve-http.ts";
export type { HttpLimits, HttpService, HttpServiceOptions } from "./http/serve-http.ts";
export { CallerBudgets } from "./limits/caller-budget.ts";
export type { Budget, Use } from "./limits/caller-budget.ts";
export type { Rate } from "./limits/token-bucket.ts";
export { askService } from "./lines/ask-service.ts";
export type { Question, ServiceReply } from "./lines/ask-service.ts";
export type { LineLimits, LineMethod } from "./lines/line-limits.ts";
export {
  failureLine,
  failureOf,
  parseLineRequest,
  replyHead,
  replyLine,
} from "./lines/line-protocol.ts";
export type { LineFailure, LineRequest } from "./lines/line-protocol.ts";
export { splitLines } from "./lines/split-lines.ts";
export type { LineSplitter } from "./lines/split-lines.ts";
export { serveLines } from "./lines/serve-lines.ts";
export type { LineService, LineServiceOptions, StopReason } from "./lines/serve-lines.ts";
export { bindSocket } from "./place/bind-socket.ts";
export type { SocketSharing } from "./place/bind-socket.ts";
export { checkSocket } from "./place/check-socket.ts";
export type { SocketTrust } from "./place/check-socket.ts";
export { claimPlace } from "./place/claim-place.ts";
export type { Claim } from "./place/claim-place.ts";
export { socketPlace } from "./place/socket-place.ts";
export type { SocketPlace } from "./place/socket-place.ts";
export { compareReleases } from "./release.ts";
export type { Release } from "./release.ts";
export { noLog, openServiceLog } from "./service-log.ts";
export type { ServiceEvent, ServiceLog } from "./service-log.ts";
export { ServiceMetrics } from "./service-metrics.ts";
export { readyLine, startService } from "./start/start-service.ts";
export type { ServiceStart } from "./start/start-service.ts";
