import { counted } from '@watchbill/kit';
import { shortHex } from '@watchbill/kit/command/text';
import type { StandbyView, WatchState } from '../../service/index.ts';
import type { Facts, KeyPolicy } from './facts.ts';

/** Whether a key is safe and signs, as a word and a sentence. */
export type KeyState = ReturnType<typeof keyState>;

export const NO_PARACHAIN_KEYS = 'no parachain keys';

type Known = Pick<Facts, 'nowMs' | 'health' | 'watches' | 'standbys' | 'reports'>;

export function keyName({ chain, key }: { readonly chain: string; readonly key: string }): string {
  return `${chain} ${key}`;
}

const WORDS = ['frozen', 'not granting', 'not adopted', 'granting'];

/** Orders keys: the worst first. */
export function bySeverity(one: KeyState, other: KeyState): number {
  const rank = ({ word, lacks }: KeyState) => 2 * WORDS.indexOf(word) + (lacks === null ? 1 : 0);
  return rank(one) - rank(other);
}

/** For example `5 keys: 4 granting (no standby ready: 3), 1 FROZEN`, with the tone of the worst key. */
export function summaryOf(states: readonly KeyState[], isReady: boolean) {
  const counts = WORDS.toReversed().flatMap((word) => {
    const such = states.filter((state) => state.word === word);
    const lacking = Map.groupBy(such, ({ lacks }) => lacks).entries();
    const lacks = [...lacking].flatMap(([lack, { length }]) => (lack === null ? [] : [`${lack}: ${length}`]));
    const which = lacks.length === 0 ? '' : ` (${lacks.join(', ')})`;
    return such.length === 0 ? [] : [`${such.length} ${word.replace('frozen', 'FROZEN')}${which}`];
  });
  const all = states.length > 0 || isReady ? counted(states.length, 'key') : 'keys unknown until it is ready';
  const text = [all, ...(counts.length > 0 ? [counts.join(', ')] : [])].join(': ');
  return { text, tone: states.toSorted(bySeverity)[0]?.tone ?? 'warn' };
}

/** The state of one key. Pure. */
export function keyState(policy: KeyPolicy, facts: Known) {
  const name = keyName(policy);
  const watch = facts.watches.find((one) => keyName(one) === name);
  const standbys = facts.standbys.filter((one) => keyName(one) === name);
  const [word, why] = wordOf(policy, facts);
  const others = standbysText(policy, watch, standbys);
  const parts = [
    why === '' ? word : `${word}: ${why}`,
    activeText(watch, standbys, facts.nowMs),
    ...leaseTexts(watch, facts.nowMs),
    ...others.map(({ text }) => text),
    storeText(facts.health.store),
  ];
  const isActive = watch !== undefined && watch.holder !== null && watch.live;
  const missing = [
    ...(isActive ? [] : ['no active node']),
    ...leaseLacks(watch),
    ...(others.some(({ isReady }) => isReady) ? [] : ['no standby ready']),
    ...(facts.health.store.quorumMargin === 0 ? ['no spare store member'] : []),
  ];
  const lacks = word === 'granting' ? (missing[0] ?? null) : null;
  const isGood = lacks === null ? ('good' as const) : ('warn' as const);
  return {
    tone: word === 'granting' ? isGood : ('bad' as const),
    /** `granting`, `not granting`, `frozen` or `not adopted`. */
    word,
    /** The first fault of a key that is granting, for example `no standby ready`; null without one. */
    lacks,
    /** For example `granting; alpha active for 14 days; standby bravo ready; the store has one copy`. */
    sentence: parts.join('; '),
  };
}

function wordOf(policy: KeyPolicy, { health, reports }: Known): readonly [word: string, why: string] {
  if (policy.mode === 'frozen') {
    const { by, reason } = policy.freeze ?? { by: 'an operator', reason: 'no reason is recorded' };
    return ['frozen', `by ${by}, because: ${reason}`];
  }
  if (policy.mode === 'idle') return ['not adopted', 'run `watchbill adopt`'];
  if (!health.store.ok) return ['not granting', health.store.detail.replace(/\.$/, '')];
  if (!health.ready) return ['not granting', health.detail.replace(/\.$/, '')];
  const name = keyName(policy);
  // An adoption frees its key from a report.
  const isHeld = (report: Facts['reports'][number]) =>
    keyName(report) === name && !report.freed.includes(name);
  const held = reports.find((report) => report.state === 'held' && isHeld(report));
  if (held !== undefined) return ['not granting', `the rollback report of ${held.node} is open`];
  return ['granting', ''];
}

function activeText(watch: WatchState | undefined, standbys: readonly StandbyView[], nowMs: number): string {
  if (watch === undefined || watch.holder === null) return 'no node is active';
  const { holder, term, live, movingTo } = watch;
  const led = standbys.find(({ node }) => node === holder)?.lastHandover;
  const since = led?.term === term ? ` for ${longAge(nowMs - led.atMs)}` : '';
  const moving = movingTo == null ? '' : `, moving to ${movingTo}`;
  return live ? `${holder} active${since}${moving}` : `${holder} was active, but its reports stopped`;
}

/** For each parachain key, for example `parachain key 0x9a9a9a9a…9a9a9a on alpha for 3 minutes`. */
export function leaseTexts(watch: WatchState | undefined, nowMs: number): readonly string[] {
  return (watch?.keyLeases ?? []).map(({ name, state, node, sinceMs }) => {
    const since = sinceMs === null ? '' : ` for ${longAge(nowMs - sinceMs)}`;
    const where =
      state === 'held' ? `${node}${since}` : state === 'free' ? 'no machine' : 'an unknown machine';
    return `parachain key ${shortHex(name)} on ${where}`;
  });
}

/** Whether the active node asks for a parachain key that it does not have, or that may be on any machine. */
export function leaseLacks(watch: WatchState | undefined): readonly string[] {
  const { holder = null, keyLeases = [] } = watch ?? {};
  if (keyLeases.some(({ state }) => state === 'unknown')) return ['parachain keys unknown'];
  const isMissing = keyLeases.some(
    ({ node, askedBy }) => node !== holder && askedBy.some((by) => by === holder),
  );
  return isMissing ? [NO_PARACHAIN_KEYS] : [];
}

function standbysText(
  { roster }: KeyPolicy,
  watch: WatchState | undefined,
  standbys: readonly StandbyView[],
): readonly { readonly text: string; readonly isReady: boolean }[] {
  const nodes = roster.filter(({ name }) => name !== watch?.holder).toSorted((a, b) => a.rank - b.rank);
  if (nodes.length === 0) return [{ text: 'no standby is listed', isReady: false }];
  return nodes.map(({ name }) => {
    const isReady = watch?.ready.includes(name) === true;
    const unfit = watch?.unfit?.find(({ node }) => node === name)?.why;
    const state = isReady ? 'ready' : `not ready${unfit === undefined ? '' : ` (${unfit})`}`;
    const { due = 0, granted = 0 } = standbys.find(({ node }) => node === name)?.shadow ?? {};
    const proof = due === 0 ? '' : `, ${granted}/${due}`;
    return { text: `standby ${name} ${state}${proof}`, isReady };
  });
}

function storeText({ ok, quorumMargin }: Facts['health']['store']): string {
  if (!ok) return 'the store does not answer';
  if (quorumMargin === null) return 'the store has one copy';
  if (quorumMargin === 0) return 'one more store loss stops signing';
  return `the store can lose ${counted(quorumMargin, 'more member')}`;
}

/** A duration for people, for example `14 days` or `3 minutes`. */
export function longAge(ms: number): string {
  const units = [
    [86_400_000, 'day'],
    [3_600_000, 'hour'],
    [60_000, 'minute'],
  ] as const;
  const [size, unit] = units.find(([least]) => ms >= least) ?? [1_000, 'second'];
  return counted(Math.max(0, Math.floor(ms / size)), unit);
}
