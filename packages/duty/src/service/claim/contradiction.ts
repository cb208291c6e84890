import type { Mark } from '../../rule/index.ts';
import { denied, doubted, unknown } from '../ground/verdict.ts';
import type { Now } from './claim-events.ts';
import { type Contradiction, contradictedBy, saidWord } from './recollection.ts';
import type { Basis, ClaimState } from './state.ts';
import { enter, finish, type Turn } from './turn.ts';

/** Why the memory of this service or of the claimant contradicts the store, or null. */
export function contradiction(state: ClaimState, basis: Basis): Contradiction | null {
  const { identity, asked } = state;
  const { remembered, policy } = basis;
  const mark = basis.held?.mark ?? null;
  const own = remembered.point === null ? null : contradictedBy(mark, identity, remembered.point);
  if (own !== null) return { ...own, whose: 'own' };
  // A node that is not in the roster of the key cannot raise an alarm about it either.
  const listed = policy?.policy.roster.some((node) => node.name === asked.claim.owner.node) === true;
  return listed ? recalledByClaimant(state, mark) : null;
}

function recalledByClaimant(
  { asked: { said }, identity }: ClaimState,
  mark: Mark | null,
): Contradiction | null {
  if (said.kind === 'nothing') return null;
  if (said.kind === 'refused') return { whose: 'forged', why: said.why, kind: 'none' };
  const found = contradictedBy(mark, identity, said.point);
  return found === null ? null : { ...found, whose: 'claimant' };
}

/** Only ever after a linearizable read. */
export function storeBehind(turn: Turn, now: Now, found: Contradiction): void {
  const { asked } = turn.state;
  const { claim } = asked;
  const where = `${claim.chain} ${claim.key} ${claim.duty.name}: ${found.why}`;
  if (found.whose === 'forged') {
    // This ledger did not write the word: only this claim is refused.
    turn.effects.push({ kind: 'log-refused-word', detail: where });
    finish(turn, denied('word-refused', where));
  } else if (found.whose === 'own') {
    turn.effects.push({ kind: 'store-behind', why: where });
    finish(turn, doubted(claim, now.report ?? where));
  } else if (found.kind === 'gap') finish(turn, unknown('session-checking', where));
  else enter(turn, { kind: 'reporting', where }, { kind: 'report', word: saidWord(asked, found, where) });
}
