import { counted } from '@watchbill/kit';
import type { StandbyView, WatchState } from '../../service/index.ts';
import { type Facts, type KeyPolicy, keyName } from './facts.ts';

/** Whether a key is safe and signs, as a word and a sentence. */
export interface KeyState {
  readonly tone: 'good' | 'warn' | 'bad';
  /** `granting`, `not granting`, `frozen` or `not adopted`. */
  readonly word: string;
  /** For example `granting; alpha active for 14 days; standby bravo ready; the store has one copy`. */
  readonly sentence: string;
}

/** The state of one key. Pure. */
export function keyState(policy: KeyPolicy, facts: Facts): KeyState {
  const name = keyName(policy);
  const watch = facts.watches.find((one) => keyName(one) === name);
  const standbys = facts.standbys.filter((one) => keyName(one) === name);
  const [word, why] = wordOf(policy, facts);
  const others = standbysText(policy, watch, standbys);
  const parts = [
    why === '' ? word : `${word}: ${why}`,
    activeText(watch, standbys, facts.nowMs),
    ...others.map(({ text }) => text),
    storeText(facts.health.store),
  ];
  const isActive = watch !== undefined && watch.holder !== null && watch.live;
  const isSpare = others.some(({ isReady }) => isReady) && (facts.health.store.quorumMargin ?? 1) > 0;
  const tone = word !== 'granting' ? 'bad' : isActive && isSpare ? 'good' : 'warn';
  return { tone, word, sentence: parts.join('; ') };
}

function wordOf(policy: KeyPolicy, { health, reports }: Facts): readonly [word: string, why: string] {
  if (policy.mode === 'frozen') {
    const { by, reason } = policy.freeze ?? { by: 'an operator', reason: 'no reason is recorded' };
    return ['frozen', `by ${by}, because: ${reason}`];
  }
  if (policy.mode === 'idle') return ['not adopted', 'run `watchbill adopt`'];
  if (!health.ready) return ['not granting', health.detail.replace(/\.$/, '')];
  const held = reports.find((report) => report.state === 'held' && isHeldFor(report, policy));
  if (held !== undefined) return ['not granting', `the rollback report of ${held.node} is open`];
  return ['granting', ''];
}

/** An adoption frees its key from a report. */
function isHeldFor(report: Facts['reports'][number], policy: KeyPolicy): boolean {
  return keyName(report) === keyName(policy) && !report.freed.includes(keyName(policy));
}

function activeText(watch: WatchState | undefined, standbys: readonly StandbyView[], nowMs: number): string {
  if (watch === undefined || watch.holder === null) return 'no node is active';
  const { holder, term, live, movingTo } = watch;
  const led = standbys.find(({ node }) => node === holder)?.lastHandover;
  const since = led?.term === term ? ` for ${longAge(nowMs - led.atMs)}` : '';
  const moving = movingTo == null ? '' : `, moving to ${movingTo}`;
  return live ? `${holder} active${since}${moving}` : `${holder} was active, but its reports stopped`;
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
