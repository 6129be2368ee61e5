export type { Cell, CutReason, QueryAnswer, SchemaAnswer, TableDescription } from "./answer.ts";
export { answerOneRequest } from "./process/child.ts";
export { endWithParent } from "./process/end-with-parent.ts";
export { queryTables } from "./process/query-tables.ts";
export type { TableQuestion } from "./process/query-tables.ts";
export { defaultLimits, longestInput, readTableInput } from "./request.ts";
export type { TableInput, TableLimits } from "./request.ts";
