export { type AuthoredBlock, headerHash } from './authored.ts';
export { type DuePass, dueFollower, type NextSlots } from './due.ts';
export { followBlocks, MAX_BLOCKS } from './follow-blocks.ts';
export { followOffences, type OffencesAt } from './follow-offences.ts';
export { followVotes, type JustifiedVote, MAX_VOTES } from './follow-votes.ts';
export type { VoteTarget } from './justification.ts';
export { voteDigest } from './vote-signature.ts';
