export { jsonForModel, quoteForModel, quoteLine } from "@clawkeep/diagnostics";
