import { type Plain, type Reading, ShapeFault, variantOf } from '@watchbill/chain/reading';

/** Part of the first requests; {@link whyNotHere} reads the answers. */
export const STAY_REQUESTS = [
  { pallet: 'StakingAhClient', item: 'Mode' },
  { pallet: 'MultiBlockMigrations', item: 'Cursor' },
];

/**
 * The reason why no state of this block may be used for staking, if there is one: staking has moved to
 * another chain and left its state, or a migration over several blocks is rewriting the state.
 */
export function whyNotHere(mode: Reading | undefined, cursor: Reading | undefined): string | null {
  if (mode !== undefined && mode.result !== 'unknown') {
    const name = modeName(mode.result === 'value' ? mode.value : mode.fallback);
    if (name !== 'Passive')
      return `staking has moved away from this chain (StakingAhClient is ${name}); name its new chain for the role of staking`;
  }
  return whyMigrating(cursor);
}

/** A migration over several blocks leaves state of two versions until it is over. */
export function whyMigrating(cursor: Reading | undefined): string | null {
  return cursor?.result === 'value'
    ? 'a migration of the runtime is under way, and its state is of two versions'
    : null;
}

function modeName(mode: Plain): string {
  try {
    return variantOf(mode);
  } catch (error) {
    if (error instanceof ShapeFault) return 'in a mode that is not known';
    throw error;
  }
}
