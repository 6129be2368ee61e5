import type { Check } from "../check.ts";
import { sandboxBackend, sandboxPaths } from "./agent-sandbox.ts";
import { configStale, configUnreadable, ollamaV1, secretInConfig } from "./config-text.ts";
import { contextNotSent, contextTooSmall } from "./context.ts";
import { containerEnded, dockerEngine } from "./docker.ts";
import {
  containerUnhardened,
  dockerSocket,
  floatingImage,
  hostFolder,
  keyInEnvironment,
} from "./hardening.ts";
import {
  dependsWithoutHealth,
  healthMissing,
  healthStart,
  healthWrong,
  ollamaHealth,
} from "./healthchecks.ts";
import { outOfMemory, programMissing, wslRestart } from "./host.ts";
import {
  installedDiffers,
  interruptedApply,
  missingFolder,
  oddFiles,
  staleSocket,
  staleSupervisor,
  staleTemporary,
} from "./left-overs.ts";
import { logChecks } from "./log-lines.ts";
import { gatewayMemory, heapBeyondLimit, hostMemory, modelMemoryCheck } from "./memory.ts";
import { readOnlyWithoutFlag, singleFileMount, writablePaths } from "./mounts.ts";
import {
  dnsForwarder,
  dockerUser,
  internalOnly,
  internalReachesHost,
  portMapping,
  publishedEverywhere,
} from "./networks.ts";
import {
  coldModel,
  hostUnresolved,
  loopbackInContainer,
  modelUnlisted,
  providerMissing,
} from "./ollama-address.ts";
import { ollamaCloud, ollamaVariables } from "./ollama-environment.ts";
import {
  originsInexact,
  originsMissing,
  originsWithoutPort,
  trustedProxiesWide,
} from "./origins.ts";
import {
  configPermissions,
  environmentPermissions,
  secretPermissions,
  stateOwner,
  statePermissions,
} from "./permissions.ts";
import {
  gatewayDown,
  gatewayHangs,
  gatewayUnready,
  listensEverywhere,
  originRefused,
  pairingPending,
  portTaken,
} from "./running-gateway.ts";
import {
  contextBeyondModel,
  modelNotPulled,
  modelWithoutTools,
  ollamaUnreachable,
  toolCallAsText,
} from "./running-ollama.ts";
import { stopGrace } from "./stop-grace.ts";
import { secretMissing, tokenMismatch, tokenNotMade } from "./tokens.ts";
import { toolsNotWidened } from "./tool-policy.ts";

/** Every check, in the order in which they are listed and said. */
export const allChecks: readonly Check[] = [
  oddFiles,
  configUnreadable,
  configStale,
  secretInConfig,
  contextNotSent,
  contextTooSmall,
  contextBeyondModel,
  toolsNotWidened,
  ollamaV1,
  providerMissing,
  modelUnlisted,
  modelWithoutTools,
  coldModel,
  loopbackInContainer,
  hostUnresolved,
  ollamaVariables,
  ollamaCloud,
  originsMissing,
  originsInexact,
  originsWithoutPort,
  trustedProxiesWide,
  stopGrace,
  gatewayMemory,
  heapBeyondLimit,
  healthMissing,
  healthWrong,
  healthStart,
  ollamaHealth,
  dependsWithoutHealth,
  singleFileMount,
  readOnlyWithoutFlag,
  writablePaths,
  internalOnly,
  internalReachesHost,
  dnsForwarder,
  publishedEverywhere,
  portMapping,
  dockerUser,
  dockerSocket,
  hostFolder,
  containerUnhardened,
  floatingImage,
  keyInEnvironment,
  sandboxBackend,
  sandboxPaths,
  configPermissions,
  secretPermissions,
  environmentPermissions,
  secretMissing,
  tokenNotMade,
  tokenMismatch,
  missingFolder,
  staleTemporary,
  statePermissions,
  stateOwner,
  installedDiffers,
  interruptedApply,
  staleSupervisor,
  pairingPending,
  hostMemory,
  modelMemoryCheck,
  outOfMemory,
  wslRestart,
  programMissing,
  ...logChecks,
  staleSocket,
  portTaken,
  gatewayHangs,
  gatewayDown,
  gatewayUnready,
  originRefused,
  listensEverywhere,
  ollamaUnreachable,
  modelNotPulled,
  toolCallAsText,
  dockerEngine,
  containerEnded,
];
