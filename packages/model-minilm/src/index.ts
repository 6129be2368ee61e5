export { modelManifest } from "./manifest.ts";
export type { ModelFile, ModelManifest } from "./manifest.ts";
export { modelFolder } from "./model-folder.ts";
