import type { NodeRpc } from '@watchbill/chain';
import {
  bigOf,
  bytes32Of,
  countOf,
  listOf,
  memberOf,
  type PinnedReader,
  type Plain,
  paidPagesItem,
  payoutPages,
  pointsByValidator,
  type Reading,
  roleEndpoints,
  ShapeFault,
} from '@watchbill/chain/reading';
import type { Clock } from '@watchbill/kit';
import { type GuardFault, unfit } from '../fault.ts';
import { looking, notAsked, seen, unread, type ValueOf } from './look.ts';

/** Within the time of a whole report. A node whose head is old is shown by the checks of the node. */
const LIMITS = {
  ...{ attempts: 1, callTimeoutMs: 10_000, readTimeoutMs: 20_000 },
  headAgeMs: Number.MAX_SAFE_INTEGER,
};
/** Chains keep 84 eras. */
const MOST_ERAS = 1_000;

/**
 * Reads stake, payouts and points of a stash, at one finalised block. `stash`: public key, `0x…`. `given` is
 * false for the chain of the own node, which may have no staking.
 */
export async function inspectStaking(node: NodeRpc, given: boolean, stash: string, clock: Clock) {
  return looking(async () => {
    const role = roleEndpoints({ nodes: [node], clock, genesis: null, limits: LIMITS });
    const read = await role.readPinned(async (reader) => {
      if (!reader.has('Staking', 'ActiveEra')) return null;
      return { address: node.address, token: await tokenOf(node), ...(await stakeOf(reader, stash)) };
    });
    if (!read.ok) return unread(`${node.address}: ${read.why}`);
    if (read.value !== null) return seen(read.value);
    const why = `the chain of ${node.address} has no staking: give --staking, the RPC of Asset Hub`;
    return given ? unread(why) : notAsked(why);
  }).then((look) => (look.looked ? look.value : look));
}

/** The stake and the rewards of the validator. Amounts are in planck. */
export type StakingFacts = ValueOf<typeof inspectStaking>;

async function stakeOf(reader: PinnedReader, stash: string) {
  const one = async <Value, Empty>(
    [item, ...keys]: readonly [item: string, ...keys: readonly (string | number)[]],
    take: (value: Plain) => Value,
    empty: Empty,
  ): Promise<Value | Empty> => {
    const [readings] = await reader.read([{ pallet: 'Staking', item, keys: [keys] }]);
    return contentOf(item, readings?.[0], take, empty);
  };
  const [era, floor, seats, controller] = await Promise.all([
    one(['ActiveEra'], (value) => countOf(memberOf(value, 'index')), null),
    one(['MinValidatorBond'], bigOf, 0n),
    one(['ValidatorCount'], countOf, 0),
    one(['Bonded', stash], bytes32Of, null),
  ]);
  if (era === null) throw noStakes('the staking chain has no active era');
  const depth = contentOf('HistoryDepth', reader.constant('Staking', 'HistoryDepth'), countOf, null);
  if (depth === null || depth > MOST_ERAS) throw noStakes(`the chain keeps ${depth} eras`);
  const bond = (value: Plain): bigint => bigOf(memberOf(value, 'active'));
  const [bonded, points, elected, unpaid] = await Promise.all([
    controller === null ? null : one(['Ledger', controller], bond, null),
    one(['ErasRewardPoints', era], pointsOf(stash), { own: 0, earning: 0 }),
    one(['ErasStakersOverview', era, stash], () => true, false),
    unpaidEras(reader, stash, { era, depth }),
  ]);
  return {
    era,
    /** How many eras the chain keeps (`HistoryDepth`). A reward that is older is lost. */
    depth,
    /** `MinValidatorBond`. */
    floor,
    /** Active bond of the stash; null if it has none. */
    bonded,
    /** Past eras with unpaid rewards, the oldest first, and how many pages each has left. */
    unpaid,
    /** Of the active era: own points, validators with points, seats, and whether the stash has one. */
    points: { ...points, seats, elected },
  };
}

/** Past eras with an unpaid page of rewards. An era without points pays no reward, so it does not count. */
async function unpaidEras(
  reader: PinnedReader,
  stash: string,
  { era, depth }: { readonly era: number; readonly depth: number },
): Promise<readonly { readonly era: number; readonly pages: number }[]> {
  const item = paidPagesItem(reader);
  if (item === undefined) throw noStakes('the runtime keeps no payouts by page');
  const first = Math.max(0, era - depth);
  const eras = Array.from({ length: era - first }, (_, index) => first + index);
  const keys = eras.map((each) => [each, stash]);
  const [overviews = [], claims = []] = await reader.read([
    { pallet: 'Staking', item: 'ErasStakersOverview', keys },
    { pallet: 'Staking', item, keys },
  ]);
  const open = eras.flatMap((each, at) => {
    const pages = contentOf('ErasStakersOverview', overviews[at], payoutPages, 0);
    const paid = new Set(contentOf(item, claims[at], (value) => listOf(value).map(countOf), []));
    return paid.size < pages ? [{ era: each, pages: pages - paid.size }] : [];
  });
  if (open.length === 0) return [];
  const [points = []] = await reader.read([
    { pallet: 'Staking', item: 'ErasRewardPoints', keys: open.map(({ era: each }) => [each]) },
  ]);
  const ownPoints = (value: Plain): number => pointsOf(stash)(value).own;
  return open.filter((_, at) => contentOf('ErasRewardPoints', points[at], ownPoints, 0) > 0);
}

const pointsOf = (stash: string) => (value: Plain) => {
  const points = pointsByValidator(value);
  const earning = [...points.values()].filter((count) => count > 0).length;
  return { own: points.get(stash) ?? 0, earning };
};

/** `empty`: the meaning of an empty item. Throws a {@link GuardFault} if the value cannot be read. */
function contentOf<Value, Empty>(
  item: string,
  reading: Reading | undefined,
  take: (value: Plain) => Value,
  empty: Empty,
): Value | Empty {
  if (reading === undefined || reading.result === 'empty') return empty;
  if (reading.result === 'unknown') throw noStakes(reading.why);
  try {
    return take(reading.value);
  } catch (error) {
    if (error instanceof ShapeFault) throw noStakes(`Staking.${item} has another shape: ${error.message}`);
    throw error;
  }
}

/** Symbol and decimals of the token; planck if the node does not report them. */
async function tokenOf(node: NodeRpc): Promise<{ readonly symbol: string; readonly decimals: number }> {
  const { tokenSymbol, tokenDecimals }: Partial<Record<'tokenSymbol' | 'tokenDecimals', unknown>> =
    await node.call('system_properties');
  const [symbol, decimals] = [tokenSymbol, tokenDecimals].map((each) =>
    Array.isArray(each) ? each[0] : each,
  );
  return typeof symbol === 'string' && typeof decimals === 'number' && decimals <= MOST_DECIMALS
    ? { symbol, decimals }
    : { symbol: 'planck', decimals: 0 };
}

const MOST_DECIMALS = 30;

const noStakes = (what: string): GuardFault =>
  unfit('chain', what, 'give --staking a node of the chain that has the stakes');
