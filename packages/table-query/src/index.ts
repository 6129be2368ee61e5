export type { Cell, CutReason, QueryAnswer, SchemaAnswer, TableDescription } from "./answer.ts";
export { answerOneRequest } from "./process/child.ts";
export { queryTables } from "./process/query-tables.ts";
export type { TableQuestion } from "./process/query-tables.ts";
export { defaultLimits, largestLimits } from "./request.ts";
export type { TableLimits } from "./request.ts";
