export { appendWitness } from "./append-witness.ts";
export type { WitnessEntry } from "./append-witness.ts";
export type { AuditLog } from "./audit-log.ts";
export type { LogIdentity } from "./log-identity.ts";
export { openAuditLog } from "./open-audit-log.ts";
export type { OpenAuditLogOptions } from "./open-audit-log.ts";
export { pruneAuditLog } from "./prune-audit-log.ts";
export type { AuditPruning } from "./prune-audit-log.ts";
export { publicLogFiles } from "./public-files.ts";
export { readAuditLog } from "./read-audit-log.ts";
export type { AuditedExecution, AuditHistory } from "./read-audit-log.ts";
export type {
  AuditRecord,
  ExecutionEnd,
  ExecutionEnding,
  ExecutionEndRecord,
  ExecutionStart,
  ExecutionStartRecord,
  KeyedDigest,
  KeyRotatedRecord,
  LogHealedRecord,
  ObservedCaller,
  ProcessStamp,
  RecordedMechanism,
  RecordedMechanisms,
  RecordedOutput,
  RecordedValue,
  RecordPlace,
  SandboxLevel,
  SegmentsRemovedRecord,
  SegmentStartedRecord,
} from "./records.ts";
export { verifyAuditLog } from "./verify-audit-log.ts";
export type { AuditVerification, VerifyOptions } from "./verify-audit-log.ts";
export { tellWitness } from "./tell-witness.ts";
export { checkProof } from "./check-proof.ts";
export type { ProofCheck } from "./check-proof.ts";
export type { AuditProof } from "./proof-text.ts";
export { proveRecord } from "./prove-record.ts";
export type { AuditProving, ProvenRecord } from "./prove-record.ts";
export { attestExecution } from "./attest-execution.ts";
export type { AuditAttesting } from "./attest-execution.ts";
export type { AttestedOutput, ExecutionStatement } from "./attestation.ts";
export { checkAttestation } from "./check-attestation.ts";
export type { AttestationCheck } from "./check-attestation.ts";
export { formatRecord } from "./printable-canonical.ts";
