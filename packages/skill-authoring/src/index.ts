export { writeBlockYaml } from "./write/block-yaml.ts";
export type { BlockYamlOptions, YamlData } from "./write/block-yaml.ts";
export { writeInside } from "./write/write-inside.ts";
