export {
  type Candidate,
  KUSAMA_LIST,
  type ListRules,
  POLKADOT_LIST,
} from './candidates/candidate.ts';
export { type Finding, LIST_RULES, type ListRule, type Severity } from './candidates/finding.ts';
export { findingLine, type ListLoad, type ListReport, lintList, loadList } from './candidates/list.ts';
export { CHAIN_RULES, KUSAMA_2024, KUSAMA_2026, POLKADOT_2024, POLKADOT_2026 } from './checks/chain-rules.ts';
export type { Check, CheckInput, CheckResult, Outcome as CheckOutcome } from './checks/check.ts';
export { type CustomCheckRead, customCheck } from './checks/custom.ts';
export { CHECKS } from './checks/registry.ts';
export { type CheckRule, type CheckRules, checkRulesShape } from './checks/rules.ts';
export {
  judge,
  judgeAll,
  type NamedResult,
  type PreparedChecks,
  prepareChecks,
  settledAfter,
  type Verdict,
} from './checks/verdict.ts';
export type { Voter } from './election/electorate.ts';
export { type Elected, seqPhragmen } from './election/phragmen.ts';
export { type Evidence, type Fact, known, type Source, unknown, valueOrNull } from './facts/fact.ts';
export { cutHistory } from './history/cut.ts';
export {
  type EraPoints,
  FAULT_RULES,
  type FaultRules,
  faultRulesOf,
  faultsBetween,
  missedPoints,
  noteFaults,
  reportedFault,
} from './history/faults.ts';
export { mergePeriods, type PeriodFacts, periodsOf, type Rank, rankOf } from './history/rank.ts';
export { KUSAMA_RANK_RULES, POLKADOT_RANK_RULES, type RankRules } from './history/rank-rules.ts';
export { EXAMPLE_TIERS, type Tier, tierOf } from './history/tiers.ts';
export { type CheckLoad, loadCheck } from './io/load-checks.ts';
export {
  type Checked,
  checkAndScore,
  checkCandidates,
  type Scored,
  scoreCandidates,
  type Texts,
} from './operations/judge.ts';
export { type LintRequest, type LintResult, lintCandidates } from './operations/lint.ts';
export type { Outcome, Refused } from './operations/outcome.ts';
export {
  backtestFromTexts,
  explainFromText,
  explanationLines,
  nextFromText,
  type Planned,
  planFromTexts,
  replayFromText,
} from './operations/round.ts';
export { type PageAmount, type PayoutPage, readAmounts } from './payouts/read-amounts.ts';
export {
  type Backtest,
  type BacktestRound,
  backtest,
  type Change,
  type Difference,
} from './rounds/backtest.ts';
export { count1kv } from './rounds/count-1kv.ts';
export {
  countBySimulation,
  electedWith,
  type Simulation,
  simulationOf,
  type Trial,
} from './rounds/count-simulate.ts';
export { countByStake } from './rounds/count-stake.ts';
export { type Explanation, explain, nextInLine } from './rounds/explain.ts';
export { OLDEST_HEAD_MS } from './rounds/heads.ts';
export { type PlanOptions, planRound, type RoundPlan } from './rounds/plan.ts';
export { type NominatorRules, type Preset, presetProgramme } from './rounds/presets.ts';
export {
  decodeProgramme,
  encodeProgramme,
  type Programme,
  type ProgrammeRead,
  programmeDigest,
  programmeOf,
  programmeShape,
} from './rounds/programme.ts';
export {
  type CandidateEntry,
  DECISIONS,
  type Decision,
  type DecisionCode,
  type NominatorEntry,
  REFUSALS,
  type Refusal,
  type RefusalCode,
  type RoundRecord,
} from './rounds/record.ts';
export { decodeRecord, type RecordRead, type Replay, replayRound } from './rounds/replay.ts';
export { type Dropped, type Revalidation, revalidate } from './rounds/revalidate.ts';
export { type ScoreRules, scoreAll } from './rounds/score-all.ts';
export { type SeedInputs, seedOf } from './rounds/seed.ts';
export type { LoadedModule } from './rounds/start.ts';
export {
  type Aftermath,
  decodeStored,
  encodeRecord,
  encodeStored,
  noteOutcome,
  noteTransaction,
  type StoredRound,
  storeRound,
  type Transaction,
} from './rounds/stored.ts';
export { type Draw, drawOf } from './score/draw.ts';
export { inputsOf, type ScoreInputs } from './score/inputs.ts';
export { type Profile1kvRules, score1kv } from './score/profile-1kv.ts';
export { type ProfileFairRules, scoreFair } from './score/profile-fair.ts';
export { byTotal, type Score } from './score/score.ts';
export {
  COMPONENTS,
  type Component,
  type Components,
  WEIGHTS,
  WEIGHTS_1KV_DEFAULT,
  WEIGHTS_1KV_PRODUCTION,
  WEIGHTS_FAIR,
  type Weights,
  weightsAsReference,
} from './score/weights.ts';
export {
  decodeSnapshot,
  encodeSnapshot,
  type Problem,
  type SnapshotRead,
  snapshotDigest,
} from './snapshot/codec.ts';
export {
  FAULT_KINDS,
  type Fault,
  type FaultKind,
  type History,
  type Period,
} from './snapshot/history-shapes.ts';
export type {
  CandidateRecord,
  Identity,
  NominatorRecord,
  Place,
  Sighting,
} from './snapshot/record-shapes.ts';
export { type ElectionInput, type Release, type Snapshot, snapshotShape } from './snapshot/snapshot.ts';
export {
  quantile,
  type Statistics,
  scaled,
  scaledBetween,
  statisticsOf,
  variance,
} from './statistics/quantile.ts';
