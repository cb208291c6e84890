import type { RoleRecord } from './record.ts';
import type { Terms } from './terms.ts';

/**
 * The longest time between two renewals of the active role, in milliseconds since the boot. Beyond it the
 * guard ends its node: a person who takes the role over waits for longer. It spans an election of etcd.
 */
export const ROLE_LEASE_MS = 30_000;

/** A machine takes the role back that it handed over, if the new one renewed it not once in this time. */
export const RETURN_MS = 60_000;

/** Between two renewals of the active role. */
export const RENEW_MS = 3_000;

/** Whether this machine may have keys placed, by the role record of its pair. */
export type RoleStanding =
  | {
      readonly role: 'active';
      readonly term: bigint;
      /** The first time in this term: proofs about earlier votes of this machine no longer count. */
      readonly isNew: boolean;
      /** The last slot for which a key may have signed elsewhere; null if no guard could say. */
      readonly lastSlot: bigint | null;
      /** A person asked to hand over to this machine. */
      readonly handTo: string | null;
    }
  /** `isRival`: another guard renews the role under the name of this machine. */
  | { readonly role: 'standby'; readonly say: string; readonly isRival?: true };

/** The record as this guard last knew it. */
export interface Known {
  readonly name: string;
  /** `unread` until the store answered once; null: there is no record. */
  readonly record: RoleRecord | null | 'unread';
  readonly terms: Terms;
  /** Until when the last renewal holds, in milliseconds since the boot; null: none was applied. */
  readonly heldUntilMs: number | null;
  /** Milliseconds since the boot. */
  readonly uptimeMs: number;
}

/** Judges by the record, the terms that this machine remembers, and its own clock since the boot. Pure. */
export function standingOf({ name, record, terms, heldUntilMs, uptimeMs }: Known): RoleStanding {
  if (record === 'unread') return standby('waits for the first answer of the store of the pair');
  if ((record?.term ?? 0n) < terms.seen) return standby(wentBack(record, terms));
  if (record === null)
    return standby('no machine of the pair is active yet: choose one with `watchbill guard take-over`');
  if (record.holder !== name) return standby(`${record.holder} is active since term ${record.term}`);
  if (heldUntilMs === null)
    return standby(`this machine is active in term ${record.term}, and the role is not renewed yet`);
  if (uptimeMs > heldUntilMs)
    return standby(`the active role could not be renewed for ${ROLE_LEASE_MS / 1_000} s`);
  const { term, to, lastSlot } = record;
  const handTo = to === null || to === name ? null : to;
  return { role: 'active', term, isNew: terms.active !== term, lastSlot, handTo };
}

const standby = (say: string): RoleStanding => ({ role: 'standby', say });

/** A store that was restored from a backup, or emptied, names a machine that may have handed over since. */
function wentBack(record: RoleRecord | null, { seen }: Terms): string {
  const has = record === null ? 'no active machine' : `term ${record.term}`;
  return `the store of the pair went back: it has ${has}, and this machine saw term ${seen}. Choose the active machine anew with \`watchbill guard take-over\``;
}
