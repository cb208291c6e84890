export { type AuthoredBlock, authoredBlock } from './authored.ts';
export { type DuePass, type DueSlot, dueFollower, type NextSlots, secondaryAuthor } from './due.ts';
export { type BlockFollower, followBlocks, MAX_BLOCKS } from './follow-blocks.ts';
export { followOffences, type OffenceFollower, type OffencesAt } from './follow-offences.ts';
export { followVotes, type JustifiedVote, MAX_VOTES, type VoteFollower } from './follow-votes.ts';
export { type Justification, readJustification, type VoteTarget } from './justification.ts';
export { type BlockOffences, type Equivocation, offencesOf } from './offences.ts';
export { isSignedVote, type PlacedVote, type VotePart, voteDigest } from './vote-signature.ts';
