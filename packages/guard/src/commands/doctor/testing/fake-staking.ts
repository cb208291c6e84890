import { type FakeNode, fakeState, startFakeNode } from '@watchbill/chain/testing';
import { ACCOUNT } from './fake-validator.ts';

/** The faults of stake and rewards that a test seeds. */
export interface StakingSeeds {
  /** In DOT; null for no bond. */
  readonly bonded: number | null;
  /** Eras whose rewards are not paid out. */
  readonly unpaid: readonly number[];
  /** Points in the active era. */
  readonly points: number;
}

const HEALTHY: StakingSeeds = { bonded: 20_000, unpaid: [1_899], points: 20 };

const ERA = 1_900;
const DEPTH = 84;
/** An old era in which the validator earned no points, so that it has no reward. */
const IDLE_ERA = 1_820;
const DOT = 10n ** 10n;
const OTHERS = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((each) => `0x${each.toString(16).padStart(64, '0')}`);

/** A node of Asset Hub, by the metadata of its runtime of 2026: ten validators, the own one among them. */
export function startFakeStaking(changes: Partial<StakingSeeds> = {}): Promise<FakeNode> {
  const { bonded, unpaid, points } = { ...HEALTHY, ...changes };
  const state = fakeState({ runtime: 'asset-hub-2026' });
  type Pairs = Parameters<typeof state.set>[2];
  const set = (item: string, pairs: Pairs) => state.set('Staking', item, pairs);
  set('ActiveEra', [[[], { index: ERA, start: '0' }]]);
  set('ValidatorCount', [[[], 10]]);
  set('MinValidatorBond', [[[], String(10_000n * DOT)]]);
  if (bonded !== null) {
    const amount = String(BigInt(bonded) * DOT);
    set('Bonded', [[[ACCOUNT], ACCOUNT]]);
    set('Ledger', [[[ACCOUNT], { stash: ACCOUNT, total: amount, active: amount, unlocking: [] }]]);
  }
  const eras = Array.from({ length: DEPTH + 1 }, (_, at) => ERA - at);
  const overview = { total: '9000', own: '4000', nominator_count: 600, page_count: 2 };
  const claimed = (era: number) => (era === IDLE_ERA ? [] : unpaid.includes(era) ? [0] : [0, 1]);
  const pointsIn = (era: number) => {
    const own = era === ERA ? points : era === IDLE_ERA ? 0 : 20;
    const individual = [...OTHERS.map((other) => [other, 20]), ...(own === 0 ? [] : [[ACCOUNT, own]])];
    return { total: 180 + own, individual };
  };
  const pairs = (of: (era: number) => Pairs[number][1]): Pairs =>
    eras.map((era) => [[era, ACCOUNT], of(era)]);
  set(
    'ErasStakersOverview',
    pairs(() => overview),
  );
  set('ClaimedRewards', pairs(claimed));
  const allPoints: Pairs = eras.map((era) => [[era], pointsIn(era)]);
  set('ErasRewardPoints', allPoints);
  return startFakeNode({
    ...state.answers,
    system_properties: () => ({ tokenSymbol: 'DOT', tokenDecimals: 10 }),
  });
}
