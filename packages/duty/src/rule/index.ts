export { adoptMark } from './adopt.ts';
export {
  type Base,
  type Bounds,
  isPast,
  lowestBound,
  NO_BASE,
  observedBase,
  slotBase,
  underBase,
} from './bounds.ts';
export { canonicalJson } from './canonical.ts';
export {
  ceilingOver,
  clockCeiling,
  highestSeen,
  LARGEST_STEPS,
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
  type MarkHead,
} from './codec.ts';
export { decide } from './decide.ts';
export type { Attempt, Decision } from './decision.ts';
export {
  type CeilingKind,
  DUTIES,
  type Duty,
  dutyTable,
  hasUnitRecords,
  PARTS,
  type Part,
  type RepeatRule,
  signedParts,
  slotOfRelayParent,
} from './duties.ts';
export { entryHash, FIRST_PREV, type LedgerEntry } from './entry.ts';
export {
  belowFloor,
  type Enter,
  findRecent,
  LEFTOVERS_PER_GRANT,
  leftoversAfter,
  type Mark,
  type Owner,
  type PartGrant,
  type RecentUnit,
  topOf,
  withUnit,
} from './mark.ts';
export { isUnscoped, meaningOf, SLOT_DUTIES } from './meaning.ts';
export {
  type Ceiling,
  type CeilingPolicy,
  type DutyPolicy,
  type Freeze,
  type FreezeEvidence,
  type FreezeLift,
  isAdopted,
  type Policy,
  policyShape,
  positionShape,
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
  checkVersion,
  otherVersion,
  parseRecord,
  RecordError,
  shapeRecord,
  versionedRecord,
} from './record.ts';
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
export { leastWindow, OPEN_ROUNDS, windowProblem } from './window.ts';
export {
  decodeWord,
  encodeWord,
  explains,
  type LedgerPoint,
  pointOf,
  type WordKey,
  type WordParse,
  type WordPlace,
  wordKeyOf,
} from './words.ts';
