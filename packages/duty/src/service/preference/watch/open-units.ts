import {
  DUTIES,
  type Duty,
  formatUnit,
  isRoundOfSet,
  type Mark,
  type Observation,
  type Policy,
  type Unit,
} from '../../../rule/index.ts';
import { readMark } from '../../ground/marks.ts';
import type { CoreModules } from '../../modules.ts';

/**
 * The open units of the node, for example `grandpa 3/1204`, of every duty that is entered. A round that the
 * network has left behind is not open: a node whose voter restarted never finishes it. On linearizable reads;
 * rejects with a StoreFault.
 */
export async function openUnits(
  { context, observations }: CoreModules,
  policy: Policy,
  node: string,
  duties: readonly Duty[] = DUTIES,
): Promise<readonly string[]> {
  const { chain, key } = policy;
  const { store } = context.parts;
  const reports = observations.known(policy);
  const open: string[] = [];
  for (const duty of duties) {
    if (!duty.parts.includes('enter')) continue;
    const held = await readMark(store, { chain, key, duty }, context.options.storeTimeoutMs);
    const newest = held?.mark.recent.at(-1);
    if (held == null || newest === undefined || !hasOpenUnit(held.mark, duty, node)) continue;
    if (isLeftBehind(duty, newest.unit, reports)) continue;
    open.push(`${duty.name} ${formatUnit(newest.unit)}`);
  }
  return open;
}

/** A vote in a round may still count while the next round runs, and not once the one after that does. */
function isLeftBehind(duty: Duty, unit: Unit, reports: readonly Observation[]): boolean {
  const [set, round] = unit;
  if (!isRoundOfSet(duty) || set === undefined || round === undefined) return false;
  return reports.some((report) => {
    if (report.setId === null || report.round === null || report.setId < set) return false;
    return report.setId > set || report.round > round + 1n;
  });
}

/** Entered, not yet signed to its last part, and the newest: an older one that never finished is over. */
export function hasOpenUnit(mark: Mark, duty: Duty, node: string): boolean {
  const newest = mark.recent.at(-1);
  const last = duty.parts.at(-1);
  return newest?.owner.node === node && !newest.parts.some((grant) => grant.part === last);
}
