import {
  countOf,
  memberOf,
  type PinnedReader,
  pointsByValidator,
  type Reading,
} from '@watchbill/chain/reading';
import { type Fact, known, unknown } from '../../facts/fact.ts';
import { factOfReading } from '../roles/fact-of-reading.ts';

/** The points of one era, as the state of the chain holds them. */
export interface PointsOfEra {
  readonly era: number;
  readonly total: number;
  readonly points: ReadonlyMap<string, number>;
}

/** About 700 validators with 36 bytes each. */
const POINTS_BYTES = 28_000;
/** Chains keep 84 eras. If a chain claims more than ten years of them, the surplus is not requested. */
const MOST_ERAS = 4_000;

/** The eras before the active one whose points the chain still holds. */
export function pastEras(active: number, depth: number): readonly number[] {
  const first = Math.max(0, active - depth);
  return Array.from({ length: active - first }, (_, index) => first + index);
}

/** Requests for the points of eras; {@link pointsOf} reads the answers. */
export function pointsRequests(eras: readonly number[]) {
  const keys = eras.map((era) => [era]);
  return [
    { pallet: 'Staking', item: 'ErasRewardPoints', keys, valueBytes: POINTS_BYTES },
    { pallet: 'Staking', item: 'ErasTotalStake', keys, valueBytes: 16 },
  ] as const;
}

/**
 * The points of the readable eras. An era without points counts only if it had stake: otherwise it was
 * pruned, or did not exist.
 */
export function pointsOf(
  eras: readonly number[],
  points: readonly Reading[],
  stakes: readonly Reading[],
): Fact<readonly PointsOfEra[]> {
  const facts = eras.map((era, index) => pointsOfEra(era, points[index], stakes[index]));
  const read = facts.flatMap((fact) => (fact.known && fact.value !== null ? [fact.value] : []));
  const broken = facts.find((fact) => !fact.known);
  if (read.length === 0 && broken?.known === false) return broken;
  return known(read, 'staking');
}

function pointsOfEra(
  era: number,
  points: Reading | undefined,
  stake: Reading | undefined,
): Fact<PointsOfEra | null> {
  const hadStake = stake?.result === 'value';
  return factOfReading<PointsOfEra | null>(points, 'staking', 'Staking.ErasRewardPoints', {
    take: (value) => ({
      era,
      total: countOf(memberOf(value, 'total')),
      points: pointsByValidator(value),
    }),
    empty: { value: hadStake ? { era, total: 0, points: new Map() } : null },
  });
}

/** Points of the given eras. Rejects as the reader does. */
export async function readPoints(
  reader: PinnedReader,
  active: Fact<number>,
  depth: Fact<number>,
): Promise<Fact<readonly PointsOfEra[]>> {
  if (!active.known) return active;
  if (!depth.known) return unknown(`eras are not known: ${depth.reason}`, 'staking');
  if (depth.value > MOST_ERAS) return unknown(`a history of ${depth.value} eras is not read`, 'staking');
  const eras = pastEras(active.value, depth.value);
  const [points = [], stakes = []] = await reader.read(pointsRequests(eras));
  return pointsOf(eras, points, stakes);
}
