import { counted, table } from '@watchbill/kit';
import type { Io } from '@watchbill/kit/command/io';
import { lines, print } from '@watchbill/kit/command/print';
import type { RoleRecord } from '../../../pair/record.ts';
import { hasGoneBack, highestTerm, type PairView, type SeenMember, watchPair } from '../../../pair/view.ts';
import type { Flags } from '../flags.ts';
import { withPair } from './open.ts';

/** Guards report every few seconds, and a turn with a slow store takes some seconds more. */
export const WATCH_MS = 12_000;

export async function showPair(io: Io, { pair, json }: Flags<'pair', 'json'>): Promise<void> {
  const view = await withPair(io, pair, (store) => watchPair(store, io.clock, WATCH_MS, allAlive));
  print(io, json, view, () => pairText(view));
}

/** Nothing more can be seen. */
export const allAlive = ({ members }: PairView): boolean =>
  members.length > 1 && members.every(({ alive }) => alive);

export function pairText(view: PairView): string {
  const { members } = view;
  const active = hasGoneBack(view) ? null : (view.record?.holder ?? null);
  const rows = members.map((member) => rowOf(member, active));
  const reports =
    members.length === 0
      ? lines(['no machine has reported yet: start the guards with this pair'])
      : table(['MACHINE', 'ROLE', 'GUARD', 'KEYS', 'NODE', 'STATE'], rows);
  return lines([recordText(view), '']) + reports;
}

function rowOf({ report, alive }: SeenMember, active: string | null): readonly string[] {
  const { name, node, keys, open, say } = report;
  const state =
    node === null
      ? 'does not answer'
      : `${node.syncing ? 'synchronises' : 'in sync'}, ${counted(node.peers, 'peer')}, finalised ${node.finalized}`;
  const role = active === name ? 'active' : 'standby';
  return [name, role, alive ? 'runs' : 'silent', `${open} of ${keys.length} placed`, state, say];
}

function recordText(view: PairView): string {
  const { record } = view;
  if (hasGoneBack(view))
    return `the store went back before term ${highestTerm(view)}, so no machine is active: choose one with \`watchbill guard take-over\``;
  if (record === null) return 'no machine is active yet: choose one with `watchbill guard take-over`';
  const { holder, term, how, by, reason, state, to } = record;
  const rest = state === 'free' ? '; its guard does not run, and no key is placed' : '';
  const asked = to === null ? '' : `; asked to hand over to ${to}`;
  return `active: ${holder} (term ${term}, ${HOW[how]} ${by}: ${reason})${rest}${asked}`;
}

const HOW: Readonly<Record<RoleRecord['how'], string>> = {
  first: 'chosen by',
  handover: 'handed over for',
  person: 'taken over by',
  fence: 'taken over by',
  returned: 'taken back by',
};
