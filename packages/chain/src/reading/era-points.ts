import type { Clock } from '@watchbill/kit';
import type { NodeRpc } from '../rpc/port.ts';
import { bytes32Of, countOf, listOf, memberOf, type Plain, ShapeFault } from './plain.ts';
import type { PinnedReader, Reading } from './reader.ts';
import { roleEndpoints } from './role.ts';

/** Points by validator (`0x…`), from a value of `Staking.ErasRewardPoints`. Throws a ShapeFault. */
export function pointsByValidator(value: Plain): ReadonlyMap<string, number> {
  const pairs = listOf(memberOf(value, 'individual')).map((pair) => listOf(pair));
  return new Map(pairs.map(([who, points]) => [bytes32Of(who), countOf(points)]));
}

export type EraPoints = Awaited<ReturnType<typeof readEraPoints>>;

/**
 * The points of a validator in the active era and in the one before it, beside those of all `validators` that
 * have points; `median` is null if none has. The chain pays for points. `node`: of the chain with the stakes;
 * `stash`: public key, `0x…`.
 */
export async function readEraPoints(node: NodeRpc, clock: Clock, stash: string) {
  const limits = { attempts: 1, readTimeoutMs: 20_000 };
  const role = roleEndpoints({ nodes: [node], clock, genesis: null, limits });
  const unknown = (why: string) => ({ known: false, why }) as const;
  try {
    const read = await role.readPinned((reader) => readEras(reader, stash));
    return read.ok ? ({ known: true, eras: read.value } as const) : unknown(read.why);
  } catch (error) {
    if (error instanceof ShapeFault) return unknown(`Staking: ${error.message}`);
    throw error;
  }
}

async function readEras(reader: PinnedReader, stash: string) {
  const [active] = await reader.read([{ pallet: 'Staking', item: 'ActiveEra' }]);
  const now = contentOf(active?.[0]);
  if (now === undefined) throw new ShapeFault('no era is active');
  const era = countOf(memberOf(now, 'index'));
  const keys = [era, era - 1].filter((each) => each >= 0).map((each) => [each] as const);
  const [points] = await reader.read([{ pallet: 'Staking', item: 'ErasRewardPoints', keys }]);
  return keys.map(([era], at) => ({ era, ...ownOf(contentOf(points?.[at]), stash) }));
}

/** Undefined if the item is empty. */
function contentOf(reading: Reading | undefined): Plain | undefined {
  if (reading?.result === 'unknown') throw new ShapeFault(reading.why);
  return reading?.result === 'value' ? reading.value : undefined;
}

function ownOf(value: Plain | undefined, stash: string) {
  const points = value === undefined ? new Map<string, number>() : pointsByValidator(value);
  const rising = [...points.values()].filter((count) => count > 0).toSorted((a, b) => a - b);
  const middle = rising.slice((rising.length - 1) >> 1, (rising.length >> 1) + 1);
  const median = middle.length === 0 ? null : middle.reduce((sum, count) => sum + count) / middle.length;
  return { own: points.get(stash) ?? 0, median, validators: rising.length };
}
