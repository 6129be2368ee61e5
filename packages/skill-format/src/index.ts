export type {
  Action,
  ArgumentSpec,
  ArgvElement,
  ArtifactSpec,
  BooleanArgument,
  Contract,
  DeterminismPromise,
  EnumArgument,
  ExitMeaning,
  FileProgram,
  InstalledProgram,
  IntegerArgument,
  Interpreter,
  JsonSchema,
  NumberArgument,
  OutputSpec,
  PathArgument,
  ProgramReference,
  RecordMode,
  ResidentSpec,
  ResourceLimits,
  RetrySpec,
  RootSpec,
  SecretReference,
  Skill,
  SkillFile,
  StdinTemplate,
  StringArgument,
  SystemProgram,
} from "./contract.ts";
export { argumentProblem, pathProblem } from "./argument-value.ts";
export { contractJsonSchema } from "./contract-schema.ts";
export { splitFrontMatter } from "./front-matter.ts";
export type { FrontMatterResult } from "./front-matter.ts";
export { parsePointer, resolvePointer, withoutPointers } from "./json-pointer.ts";
export { compileSchema, schemaProblems } from "./json-schema.ts";
export type { SchemaProblem } from "./json-schema.ts";
export { parseContract } from "./parse-contract.ts";
export type { ContractResult } from "./parse-contract.ts";
export { folderDigest, readFolder } from "./read-folder.ts";
export type { FolderContent } from "./read-folder.ts";
export { readSkill } from "./read-skill.ts";
export type { SkillResult } from "./read-skill.ts";
export { generatedMarkers, readSkillFile } from "./read-skill-file.ts";
export type {
  SkillDescription,
  SkillFileResult,
  SkillFileSurroundings,
} from "./read-skill-file.ts";
export { shapeFindings } from "./shape-findings.ts";
export type { ShapeContext } from "./shape-findings.ts";
export { readStrictYaml } from "./strict-yaml.ts";
export type { Place, YamlOptions, YamlValue } from "./strict-yaml.ts";
export { maxTextBytes, readText } from "./read-text.ts";
export type { TextResult } from "./read-text.ts";
