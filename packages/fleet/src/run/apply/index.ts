export { applyPlan } from './apply-plan.ts';
export type { IdentifiedTarget, Identity } from './identity.ts';
export { type Journal, type OpenedJournal, openJournal } from './journal.ts';
export type { Entry as JournalEntry, Header as JournalHeader } from './journal-text.ts';
export {
  type BegunPlan,
  begunSince,
  compactLines,
  isEmptyOf,
  type Memory,
  type MemoryLine,
  memoryOf,
  memoryText,
  missingLines,
  nameBeside,
  placesElsewhere,
  type ReadMemory,
  type RememberedPlace,
  readMemory,
  sameRemembered,
  unfinishedElsewhere,
} from './memory.ts';
export {
  type Allowed,
  APPLY_REFUSALS,
  type ApplyRefusal,
  placesRefusal,
  type Refused,
  refusalOf,
} from './refusal.ts';
export { renamedTarget } from './renamed.ts';
export { placeKey, samePlace } from './same-place.ts';
export {
  decodeSavedPlan,
  encodeSavedPlan,
  journalName,
  type ReadSavedPlan,
  type SavedPlace,
  type SavedPlan,
} from './saved-plan.ts';
export {
  type ApplyEvent,
  type ApplyResult,
  type ApplySettings,
  type SignerCheck,
  STOP_REASONS,
  type StepJudge,
  type Stop,
  type StopReason,
} from './settings.ts';
export { type UnfinishedPlan, unfinishedSigning } from './unfinished.ts';
