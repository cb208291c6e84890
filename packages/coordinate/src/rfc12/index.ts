export {
  ACTIONS,
  type Action,
  type ActionName,
  actionNamed,
  actionNumbered,
  executionBlocks,
} from './actions.ts';
export { actionsChecklist, heartbeatDraw } from './checklist.ts';
export {
  ERA_2023_11,
  ERA_2023_12,
  ERA_2024_04,
  ERA_2026,
  type Era,
  type EraSchedule,
  eraAt,
  MAINNET_ERAS,
} from './eras.ts';
export { type Explanation, explainWindow } from './explain.ts';
export { FAULT_NUMBERS, type FaultKind } from './fault-kinds.ts';
export { type FollowerRefusal, type Judgement, judgeMessage } from './follower.ts';
export { generateProposal, type ProposalRequest, type ProposalTask, type TaskFailure } from './generator.ts';
export {
  afterHeartbeat,
  CLAIM_MARGIN_BLOCKS,
  FAILURES_TO_CLAIM,
  type HeartbeatResult,
  type HeartbeatVerdict,
  heartbeatDigest,
  heartbeatMessage,
  MIN_ACTIVE_MEMBERS,
} from './heartbeat.ts';
export { shuffledOperators } from './leader.ts';
export { ATTEMPT_DELAY_MS, type LeaderRound, MAX_ATTEMPTS } from './leader-routine.ts';
export { memberOf, type Rfc12Member, type Rfc12Settings } from './member.ts';
export {
  type CoordinationMessage,
  decodeMessage,
  encodeMessage,
  MAX_MESSAGE_BYTES,
  MESSAGE_TYPE,
} from './message.ts';
export {
  groupProblem,
  MAX_SEATS,
  operatorAt,
  type Rfc12Group,
  seatsOf,
  uniqueOperators,
} from './operators.ts';
export { decodePayload } from './payload-decode.ts';
export { encodePayload } from './payload-encode.ts';
export { type Plan, type Planner, plannerFor, planWindow, safeBlock } from './plan.ts';
export type { DepositKey, Proposal, ProposalOf } from './proposal.ts';
export { MESSAGE_REFUSALS, type MessageRefusal, type Read } from './refusals.ts';
export { type FollowerRound, type Rfc12Round, type Rfc12Rules, rfc12Rules } from './rules.ts';
export { BLOCK_HASH_BYTES, coordinationSeed, drawSeed, KEY_HASH_BYTES, walletKeyHash } from './seed.ts';
export {
  PRACTICE_SCALES,
  RFC12_WINDOWS,
  type Rfc12Times,
  rfc12Times,
  SAFE_BLOCK_SHIFT,
  scaledBlocks,
} from './windows.ts';
