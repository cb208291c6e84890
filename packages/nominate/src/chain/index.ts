export {
  ANNOUNCE_RULES,
  type AnnounceRules,
  deadlineOf,
  deadlinesOf,
  firstReachable,
  type NominationDeadline,
} from './calendar/announce.ts';
export {
  CALENDAR_RULES,
  type CalendarRules,
  type ElectionCalendar,
  type ElectionDate,
  electionCalendar,
  type Moment,
} from './calendar/calendar.ts';
export { type EraPace, eraPace } from './calendar/stalled.ts';
export type { CalendarFacts, ElectionForm } from './calendar-facts.ts';
export { type IdentityFacts, readIdentities } from './identity/read.ts';
export type { RelayBlock, RememberedBlock } from './relay/first-block.ts';
export { type RelayFacts, type RelayRequest, readRelay } from './relay/read.ts';
export type { SessionClock } from './relay/session-clock.ts';
export type { Role } from './roles/fact-of-reading.ts';
export { type ChainRequest, MOST_NOMINATORS } from './roles/request.ts';
export { assembleSnapshot, type SnapshotExtras } from './snapshot/assemble.ts';
export { calendarFactsOf } from './snapshot/calendar-facts.ts';
export {
  type ChainReading,
  type ReadOptions,
  type RoleRead,
  type RoleSet,
  readChains,
} from './snapshot/read-chains.ts';
export { type Claims, type EraClaim, unclaimedOf } from './staking/claims.ts';
export type { ChainNomination } from './staking/electorate.ts';
export type { EraFacts } from './staking/eras.ts';
export type { EventFault } from './staking/event-faults.ts';
export type { StakingCandidate, StakingFacts, StakingNominator } from './staking/facts.ts';
export type { PointsOfEra } from './staking/points.ts';
export { readStaking } from './staking/read.ts';
export {
  type FaultReading,
  type FaultRequest,
  MOST_FAULT_BLOCKS,
  readFaults,
} from './staking/read-faults.ts';
export {
  makeKey,
  type TransactionChainOptions,
  transactionChain,
  transactionCrypto,
} from './transactions/index.ts';
