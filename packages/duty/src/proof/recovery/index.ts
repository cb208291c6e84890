export { executeRecovery, type RecoveryOutcome } from './execute.ts';
export { RecoveryFault } from './fault.ts';
export {
  type ImportChoices,
  type ImportedKey,
  type ImportPlan,
  type ImportTarget,
  planImport,
} from './import.ts';
export { makePlan, type RecoveryReport } from './make-plan.ts';
export type { PlannedKey as RecoveryKey, RecoveryPlan } from './plan.ts';
export { decodePlanFile, encodePlanFile, MAX_PLAN_BYTES, planId } from './plan-file.ts';
export { type ExportMemory, memoryOfLedger, missingEntries, readExportMemory } from './read-memory.ts';
export { basisOf, EMPTY_STORE, readStore } from './read-store.ts';
export { type RecoveryParts, readContextOf } from './recovery-parts.ts';
export type { Finding as RecoveryFinding, Memory, NodeView, Situation, StoreState } from './situation.ts';
