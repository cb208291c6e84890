import type { StandbyView } from '../../service/index.ts';
import type { Facts } from './facts.ts';
import { leaseLacks, NO_PARACHAIN_KEYS } from './sentence.ts';

/** The words of one alert; `<node>` and `<value>` stand for its labels and its value. */
export interface Words {
  readonly sentence: string;
  readonly todo: string;
  /** A command that shows more. */
  readonly run: string | null;
}

/** Words by the name of the alert, for example `WatchbillKeyFrozen`. */
export type AlertWords = ReadonlyMap<string, Words>;

/**
 * Limits of the alerts `StandbyDrillOld` and `StandbyWouldNotSign`. The console does not import the alerts,
 * so a test of the command line compares both.
 */
export const ALERT_LIMITS = { drillDays: 30, leastGranted: 0.99 } as const;
const DRILL_MS = ALERT_LIMITS.drillDays * 86_400_000;

type Found = readonly [alert: string, labels: Readonly<Record<string, string>>];

/**
 * Conditions of alerts that hold now, in the words of these alerts; one without words is left out. `shortKey`
 * gives the name of a key for people, for example `…5ac67d`. Pure.
 */
export function needsOf(
  facts: Facts,
  words: AlertWords,
  shortKey: (of: { readonly chain: string; readonly key: string }) => string,
): readonly Words[] {
  const found = [
    ...ofService(facts),
    ...facts.policies.flatMap((policy) => ofKey(policy, facts, shortKey(policy))),
    ...facts.standbys.flatMap((standby) => ofStandby(standby, facts.nowMs, shortKey(standby))),
  ];
  return found.flatMap(([alert, labels]) => {
    const known = words.get(alert);
    if (known === undefined) return [];
    const sentence = known.sentence.replaceAll(/<(\w+)>/g, (mark, name: string) => labels[name] ?? mark);
    return [{ ...known, sentence }];
  });
}

function ofService({ health, services }: Facts): readonly Found[] {
  const labels = { instance: services.find(({ self }) => self)?.name ?? health.service.slice(0, 8) };
  const found: Found[] = [];
  if (health.state === 'behind') found.push(['WatchbillStoreBehind', labels]);
  else if (!health.store.ok) found.push(['WatchbillStoreDown', labels]);
  else if (!health.ready && health.detail !== health.certificate)
    found.push(['WatchbillServiceNotReady', labels]);
  if (health.certificate !== undefined) found.push(['WatchbillCertificateEnds', labels]);
  if (health.store.quorumMargin === 0) found.push(['WatchbillNoMarginLeft', labels]);
  return found;
}

function ofKey(
  { chain, key, mode }: Facts['policies'][number],
  { watches }: Facts,
  short: string,
): readonly Found[] {
  const labels = { chain, key: short };
  if (mode === 'frozen') return [['WatchbillKeyFrozen', labels]];
  const watch = watches.find((one) => one.chain === chain && one.key === key);
  const isActive = watch !== undefined && watch.holder !== null && watch.live;
  if (isActive && leaseLacks(watch).includes(NO_PARACHAIN_KEYS))
    return [['WatchbillNoParachainKeys', { ...labels, node: watch.holder }]];
  return mode === 'enforce' && !isActive ? [['WatchbillNoActiveNode', labels]] : [];
}

function ofStandby(
  { node, onWatch, shadow, lastDrill }: StandbyView,
  nowMs: number,
  key: string,
): readonly Found[] {
  if (onWatch) return [];
  const found: Found[] = [];
  const share = shadow.due === 0 ? 1 : shadow.granted / shadow.due;
  const value = `${Math.floor(share * 100)}%`;
  if (share < ALERT_LIMITS.leastGranted) found.push(['StandbyWouldNotSign', { key, node, value }]);
  if (lastDrill !== null && nowMs - lastDrill.atMs > DRILL_MS) found.push(['StandbyDrillOld', { key, node }]);
  return found;
}
