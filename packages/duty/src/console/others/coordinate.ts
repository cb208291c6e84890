import { counted } from '@watchbill/kit';
import { z } from 'zod';
import type { Capability, Said } from './other-page.ts';

const decimal = z.string().regex(/^[0-9]{1,20}$/);
const status = z.object({
  /** The group. */
  name: z.string(),
  height: decimal.nullable(),
  window: z.object({ index: decimal, leader: z.string() }).nullable(),
  peers: z.array(z.object({ name: z.string(), isConnected: z.boolean() })).max(1_000),
  problems: z.array(z.string()).max(100),
  /** A member of the profile rfc12 names itself; it may have several seats. */
  operator: z.string().optional(),
});
const windows = z.object({
  windows: z
    .array(
      z.object({
        receipts: z
          .array(z.object({ action: z.string(), result: z.string(), height: decimal.nullable() }))
          .max(1_000),
      }),
    )
    .max(1_000),
});

type Status = z.output<typeof status>;

/** A member of a group: who leads the window, how many members it reaches, and its last action. */
export const coordinate: Capability = {
  paths: ['status', 'windows?limit=10'],
  say: ([first, second]): Said | null => {
    const found = status.safeParse(first);
    if (!found.success) return null;
    const { problems, name, peers } = found.data;
    const last = windows.safeParse(second).data?.windows ?? null;
    const parts = [
      ...(problems.length === 0 ? [] : [`not healthy: ${problems.join(', ')}`]),
      `${windowText(found.data)} of group ${name}`,
      ...(peers.length === 0 ? [] : [peersText(found.data)]),
      ...(last === null ? [] : [actionText(last)]),
    ];
    return { isWell: problems.length === 0, sentence: parts.join('; ') };
  },
};

function windowText({ window, height }: Status): string {
  if (window !== null) return `${window.leader} leads window ${window.index}`;
  return height === null ? 'no block is known yet' : `no window is open at block ${height}`;
}

function peersText({ peers, operator }: Status): string {
  const others = new Map<string, boolean>();
  for (const { name, isConnected } of peers)
    if (name !== operator) others.set(name, isConnected || others.get(name) === true);
  const connected = [...others.values()].filter((isConnected) => isConnected).length;
  return `${connected} of ${counted(others.size, 'other member is', 'other members are')} connected`;
}

/** `rows`: the newest window first, and in a window the newest receipt last. */
function actionText(rows: z.output<typeof windows>['windows']): string {
  const last = rows.find(({ receipts }) => receipts.length > 0)?.receipts.at(-1);
  if (last === undefined)
    return rows.length === 0
      ? 'no window has ended yet'
      : `no action in the last ${counted(rows.length, 'window')}`;
  const where = last.height === null ? '' : ` in block ${last.height}`;
  return `last action ${last.action}: ${last.result.replaceAll('-', ' ')}${where}`;
}
