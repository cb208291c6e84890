import { counted } from '@watchbill/kit';
import type { NodeState } from './member.ts';
import { ROLE_LEASE_MS } from './standing.ts';
import { hasGoneBack, highestTerm, type PairView, type SeenMember } from './view.ts';

export type PairCheck = ReturnType<typeof check>;

/** The time after which the silence of an active machine means that its guard, if it runs, ended the node. */
export const SILENCE_MS = ROLE_LEASE_MS + 10_000;
/** A standby that lags by more finalised blocks needs long to catch up. */
const MOST_LAG = 10n;

/** The checks before a planned handover, all of which have to be ok. Pure. */
export function handOverChecks(view: PairView, to: string): readonly PairCheck[] {
  const { record } = view;
  const active = memberOf(view, record?.holder ?? '');
  const target = memberOf(view, to);
  const isHeld = record !== null && record.state === 'held' && !hasGoneBack(view);
  return [
    check('active machine', isHeld && active?.alive === true, {
      say: activeSentence(view, active),
      remedy: 'if its guard does not run, or if the store went back: `watchbill guard take-over`',
    }),
    check('no other handover', record?.to == null || record.to === to, {
      say: record?.to == null ? 'none was asked for' : `one to ${record.to} was asked for`,
      remedy: `wait until it is over, or stop the guard of ${record?.holder ?? 'the active machine'}`,
    }),
    anotherCheck(to, record?.holder, 'name the standby'),
    ...targetChecks(to, target, active),
  ];
}

function activeSentence(view: PairView, active: SeenMember | null): string {
  const { record } = view;
  if (hasGoneBack(view)) return `not known: the store went back before term ${highestTerm(view)}`;
  if (record === null) return 'the pair has no active machine';
  const silent = active?.alive === true ? '' : ', and its guard is silent';
  return `${record.holder}, term ${record.term}${silent}`;
}

function targetChecks(
  to: string,
  target: SeenMember | null,
  active: SeenMember | null,
): readonly PairCheck[] {
  const node = target?.report.node ?? null;
  const keys = sameKeys(target, active);
  const activeNode = active?.report.node ?? null;
  const lag = node === null || activeNode === null ? null : activeNode.finalized - node.finalized;
  // A node that hangs is a reason to hand over, and the other checks show the standby.
  const hangs = active?.alive === true && activeNode === null && node !== null;
  const isOwn = isOwnNodeKey(node, activeNode);
  return [
    guardCheck(to, target, false, `start the guard of ${to}, with this pair file's store and its own name`),
    check(`node of ${to}`, node === null ? null : !node.syncing && node.peers > 0, {
      say:
        node === null
          ? 'it does not answer'
          : `${node.syncing ? 'it synchronises' : 'in sync'}, ${counted(node.peers, 'peer')}, version ${node.version}`,
      remedy: `wait until the node of ${to} is in sync`,
    }),
    check('finalised height', lag === null ? hangs || null : lag <= MOST_LAG, {
      say: lagSentence(lag, hangs),
      remedy: `wait until the node of ${to} has caught up`,
    }),
    check('own node key', isOwn ?? (hangs || null), {
      say: nodeKeySentence(to, isOwn),
      remedy: `stop the node of ${to}, and remove the copied node key (network/secret_ed25519)`,
    }),
    check('same session keys', keys, {
      say:
        keys === null
          ? 'not known'
          : keys
            ? counted(target?.report.keys.length ?? 0, 'key')
            : 'the machines have different keys',
      remedy: 'copy the sealed folder of the active machine, and restart the guard of the standby',
    }),
    check('keys on chain', target === null ? null : chainFits(target.report.check), {
      say: target === null ? 'not known' : target.report.check,
      remedy: 'look at `watchbill guard status` on the standby',
    }),
  ];
}

/** `holder`: the machine that is active, if that is known. */
function anotherCheck(to: string, holder: string | undefined, remedy: string): PairCheck {
  const say = holder === to ? `${to} is active already` : `from ${holder ?? 'none'} to ${to}`;
  return check('another machine', holder !== to, { say, remedy });
}

/** A spare has keys of one validator at a time. `silent`: the answer for a guard that does not report. */
function guardCheck(to: string, target: SeenMember | null, silent: false | null, start: string): PairCheck {
  const name = `guard of ${to}`;
  if (target?.alive !== true) {
    const say = target === null ? 'it has never reported' : 'it is silent';
    return check(name, silent, { say, remedy: start });
  }
  const { busyWith } = target.report;
  return check(name, busyWith === null, {
    say: busyWith === null ? 'it reports' : `it is active for ${busyWith}`,
    remedy: 'hand that validator back to its own machine first, or name another machine',
  });
}

/** Two live nodes with one node key push each other out of the network. Null: not known. */
function isOwnNodeKey(one: NodeState | null, other: NodeState | null): boolean | null {
  return one === null || other === null ? null : one.peerId !== other.peerId;
}

function nodeKeySentence(to: string, isOwn: boolean | null): string {
  if (isOwn === null) return 'not compared: one of the nodes does not answer';
  return isOwn ? 'each node has its own' : `the node of ${to} runs with the node key of the active machine`;
}

function lagSentence(lag: bigint | null, hangs: boolean): string {
  if (lag !== null) return lag <= 0n ? 'not behind' : `${lag} blocks behind`;
  return hangs ? 'the node of the active machine does not answer' : 'one of the nodes does not answer';
}

/** `unknown` until the own node has synchronised. */
const chainFits = (state: string): boolean | null =>
  state === 'unknown' ? null : state === 'match' || state === 'not-asked';

function sameKeys(target: SeenMember | null, active: SeenMember | null): boolean | null {
  if (target === null || active === null) return null;
  return target.report.keys.join() === active.report.keys.join();
}

/** The checks before a person takes the role over. Pure. */
export function takeOverChecks(view: PairView, to: string): readonly PairCheck[] {
  const { record, watchedMs, moved } = view;
  const holder = hasGoneBack(view) ? undefined : record?.holder;
  return [
    check('active machine', isUnused(view) || (!moved && watchedMs >= SILENCE_MS), {
      say: idleSentence(view),
      remedy: `hand over instead: \`watchbill guard handover --to ${to}\`; or stop that guard first`,
    }),
    anotherCheck(to, holder, 'start its guard: it needs no take-over'),
    guardCheck(
      to,
      memberOf(view, to),
      null,
      `start the guard of ${to} now or later; no key is placed before that`,
    ),
  ];
}

/** No machine was ever active: the first take-over waits for no silence. */
export const isUnused = (view: PairView): boolean => view.record === null && !hasGoneBack(view);

/**
 * The holder's guard reported that no key is placed. A take-over still waits for its silence: a store
 * that went back within the term has the report of an earlier stop, while that machine holds its keys again.
 */
export const isRested = (view: PairView): boolean => view.record?.state === 'free' && !hasGoneBack(view);

function idleSentence(view: PairView): string {
  const { record, moved, watchedMs } = view;
  const holder = record?.holder ?? 'no machine';
  if (isUnused(view)) return 'the pair has no active machine yet';
  if (moved)
    return isRested(view) ? `the guard of ${holder} stopped just now` : `the guard of ${holder} runs`;
  const seconds = Math.floor(watchedMs / 1_000);
  if (isRested(view))
    return `the guard of ${holder} reported that its node is gone and no key is placed, and was silent for ${seconds} s`;
  if (hasGoneBack(view))
    return `the store went back before term ${highestTerm(view)}; no guard renewed its record for ${seconds} s`;
  return `the guard of ${holder} was silent for ${seconds} s`;
}

function memberOf({ members }: PairView, name: string): SeenMember | null {
  return members.find(({ report }) => report.name === name) ?? null;
}

function check(
  name: string,
  ok: boolean | null,
  { say, remedy }: { readonly say: string; readonly remedy: string },
) {
  return { name, state: ok === null ? 'unknown' : ok ? 'ok' : 'fail', say, remedy } as const;
}
