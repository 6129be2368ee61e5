/** The release of OpenClaw that every stage is judged with: the one that our packages were tried against. */
export { openClawVersion as openclawVersion } from "../../../packages/openclaw-contract/src/version.ts";
