export { packSkill } from "./bundle/pack-skill.ts";
export type { SkillPack } from "./bundle/pack-skill.ts";
export { sealBundle } from "./bundle/seal.ts";
export type { Sealed } from "./bundle/seal.ts";
export { verifyBundle } from "./bundle/verify-bundle.ts";
export type { BundleVerdict, Pinned } from "./bundle/verify-bundle.ts";
export { limits } from "./files/limits.ts";
export type { LeftOut, PublishedFile } from "./files/read-published.ts";
