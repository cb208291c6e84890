import type { Store } from '@watchbill/duty/store';
import { type Clock, until } from '@watchbill/kit';
import { type GuardFailpoints, noFailpoint } from '../failpoints.ts';
import { MEMBERS } from './keeper.ts';
import { decodeMember } from './member.ts';
import type { RoleRecord } from './record.ts';
import { isSameRole, readRole, roleChange } from './role-store.ts';

const LOOK_MS = 500;

/** The highest term that a machine of the pair has seen. */
export function highestTerm({ members }: PairView): bigint {
  let highest = 0n;
  for (const { report } of members) if (report.seenTerm > highest) highest = report.seenTerm;
  return highest;
}

/**
 * The store was restored from a backup, or emptied: a machine saw a later term. Its record says nothing about
 * the machine that was active last.
 */
export const hasGoneBack = (view: PairView): boolean => highestTerm(view) > (view.record?.term ?? 0n);

/**
 * Watches a pair until `isEnough` or the time is over. It compares no clocks of machines: a machine is
 * alive if its beat moves. Rejects with a StoreFault, or a GuardFault for a record of another program.
 */
export async function watchPair(
  store: Store,
  clock: Clock,
  forMs: number,
  isEnough: (view: PairView) => boolean,
): Promise<PairView> {
  const first = await readPair(store);
  const beganMs = clock.monotonicMs();
  let view = viewOf(first, first, 0);
  const look = async (tries: number): Promise<PairView | null> => {
    const last = tries === 0 ? first : await readPair(store);
    view = viewOf(first, last, clock.monotonicMs() - beganMs);
    return isEnough(view) ? view : null;
  };
  return (await until(look, { clock, pauseMs: LOOK_MS, withinMs: forMs })) ?? view;
}

type Reading = Awaited<ReturnType<typeof readPair>>;
/** A pair as a command sees it: the record, and the machines that report to it. */
export type PairView = ReturnType<typeof viewOf>;
export type SeenMember = PairView['members'][number];

function viewOf(first: Reading, last: Reading, watchedMs: number) {
  const members = last.members.map((report) => {
    const before = first.members.find(({ name }) => name === report.name);
    return { report, alive: before?.beat !== report.beat };
  });
  const moved = !isSameRole(first.record, last.record);
  return {
    /** Null: no machine was ever active. */
    record: last.record,
    members,
    /** How long the record was watched, in milliseconds, and whether it changed meanwhile. */
    ...{ watchedMs, moved },
  };
}

/** The record comes last, so no machine has seen a later term than it, unless the store went back. */
async function readPair(store: Store) {
  const { records } = await store.list(MEMBERS);
  const members = records.map((each) => decodeMember(Buffer.from(each.value).toString()));
  return { record: await readRole(store), members };
}

/** Puts a new record in the place of the one that was seen. False if it changed meanwhile. */
export async function replaceRole(
  store: Store,
  from: RoleRecord | null,
  to: RoleRecord,
  failpoint: GuardFailpoints = noFailpoint,
): Promise<boolean> {
  await failpoint('before-take-over');
  const [result] = await store.transact([roleChange(from, to)]);
  await failpoint('after-take-over');
  return result?.outcome === 'applied';
}
