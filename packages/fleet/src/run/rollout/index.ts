export {
  ROLLOUT_DEFAULTS,
  type RolloutGates,
  type RolloutSettings,
  rolloutSettings,
} from '../../file/network/index.ts';
export { analyse, analyseBefore, type Verdict, verdictText } from './analysis.ts';
export {
  type Condition,
  conditionOf,
  conditionText,
  type FinalFacts,
  finalFacts,
  isMet,
  readCondition,
  untilMet,
} from './condition.ts';
export { type CountEdit, withCount } from './edit-count.ts';
export { type NodeFacts, unknownFacts } from './facts.ts';
export { openRollout, type RolloutHeader, type RolloutJournal, unfinishedRollout } from './journal.ts';
export { movesOf } from './moves.ts';
export type { PlacesRollout } from './places-changes.ts';
export { type PlacesPort, placesPort } from './places-port.ts';
export type { Ask, Moved, RolloutPort, RolloutUnit } from './port.ts';
export { readingBook, readNode } from './read.ts';
export { type Removal, removalsOf } from './removal.ts';
export { runRollout } from './roll.ts';
export { type RotatedOut, rotatedOut } from './rotated-out.ts';
export { type Scope, scopeOf } from './scope.ts';
export type { LeftUnit, RolloutEnd, RolloutEvent, RunSettings } from './settings.ts';
export { markOf } from './signed.ts';
export { type JudgeSettings, stepJudge } from './step-judge.ts';
