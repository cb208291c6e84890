export { adoptMark } from './adopt.ts';
export * from './bounds.ts';
export { canonicalJson } from './canonical.ts';
export * from './ceiling.ts';
export * from './change.ts';
export { type Claim, type ClaimProblem, claimProblem } from './claim.ts';
export * from './codec.ts';
export { decide, isAfterLast } from './decide.ts';
export type { Attempt, Decision } from './decision.ts';
export * from './duties.ts';
export { encodeEntry, entryHash, FIRST_PREV, type LedgerEntry } from './entry.ts';
export * from './key-name.ts';
export * from './mark.ts';
export * from './meaning.ts';
export * from './policy.ts';
export * from './reasons.ts';
export {
  checkVersion,
  entryShape,
  otherVersion,
  parseRecord,
  RecordError,
  shapeRecord,
  versionedRecord,
} from './record.ts';
export { shutAhead } from './shut.ts';
export * from './texts.ts';
export * from './units.ts';
export { leastWindow, OPEN_ROUNDS, windowProblem } from './window.ts';
export * from './words.ts';
