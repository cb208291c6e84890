export { adoptMark } from './adopt.ts';
export { canonicalJson } from './canonical.ts';
export {
  clockCeiling,
  type Observation,
  observedCeiling,
  slotAt,
  slotStartMs,
  withinCeiling,
} from './ceiling.ts';
export { type Claim, type ClaimProblem, claimProblem } from './claim.ts';
export {
  assembleMark,
  decodeEntry,
  decodeHead,
  decodeUnit,
  encodeEntry,
  encodeHead,
  encodeUnit,
  hasUnitRecords,
  MARK_VERSION,
  type MarkHead,
  RecordError,
} from './codec.ts';
export { type Attempt, type Decision, decide } from './decide.ts';
export {
  type CeilingKind,
  DUTIES,
  type Duty,
  dutyTable,
  type Part,
  type RepeatRule,
  signedParts,
} from './duties.ts';
export { entryHash, FIRST_PREV, type LedgerEntry } from './entry.ts';
export {
  belowFloor,
  findRecent,
  type Mark,
  type Owner,
  type PartGrant,
  type RecentUnit,
  withUnit,
} from './mark.ts';
export type {
  Ceiling,
  CeilingPolicy,
  DutyPolicy,
  OriginalWirePolicy,
  Policy,
  ReadinessPolicy,
  RosterNode,
} from './policy.ts';
export {
  type DenialCode,
  type GrantCode,
  type Outcome,
  REASONS,
  type Reason,
  type ReasonCode,
  type UnknownCode,
} from './reasons.ts';
export {
  compareUnits,
  formatUnit,
  maxUnit,
  parseUnit,
  type Unit,
  type UnitField,
  type UnitParse,
  unitBytes,
  unitHex,
  unitProblem,
} from './units.ts';
export { windowProblem } from './window.ts';
