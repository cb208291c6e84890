import { formatUnit, type Policy } from '@watchbill/duty';
import { readMark } from '../marks.ts';
import type { CoreModules } from '../modules.ts';
import { hasOpenUnit } from './handover-step.ts';

/**
 * The open units of the node, for example `grandpa 3/1204`, of every duty that is entered. On linearizable
 * reads; rejects with a StoreFault.
 */
export async function openUnits(
  { context }: CoreModules,
  { chain, key }: Policy,
  node: string,
): Promise<readonly string[]> {
  const { store } = context.parts;
  const open: string[] = [];
  for (const duty of context.duties.values()) {
    if (!duty.parts.includes('enter')) continue;
    const held = await readMark(store, { chain, key, duty }, context.options.storeTimeoutMs);
    const newest = held?.mark.recent.at(-1);
    if (held == null || newest === undefined || !hasOpenUnit(held.mark, duty, node)) continue;
    open.push(`${duty.name} ${formatUnit(newest.unit)}`);
  }
  return open;
}
