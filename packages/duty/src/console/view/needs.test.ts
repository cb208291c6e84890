import assert from 'node:assert/strict';
import test from 'node:test';
import { CHAIN, factsOf, leaseOf, NOW_MS, policyOf, standbyOf, watchOf } from '../testing/facts.ts';
import type { Facts } from './facts.ts';
import { type AlertWords, needsOf } from './needs.ts';

const NAMES = [
  'WatchbillStoreBehind',
  'WatchbillServiceNotReady',
  'WatchbillNoMarginLeft',
  'WatchbillKeyFrozen',
  'WatchbillNoActiveNode',
  'WatchbillNoParachainKeys',
  'StandbyWouldNotSign',
  'StandbyDrillOld',
] as const;
const LABELS = '<instance> <chain> <key> <node> <value> <other>';
const WORDS: AlertWords = new Map(
  NAMES.map((name) => [name, { sentence: `${name} ${LABELS}`, todo: 'act', run: null }]),
);
const needs = (changes: Partial<Facts>) =>
  needsOf(factsOf(changes), WORDS, SHORT).map(({ sentence }) => sentence.split(' ')[0]);
const SHORT = ({ key }: { readonly key: string }) => `…${key.slice(-6)}`;
const { health } = factsOf();
const shadow = (granted: number) => ({ ...standbyOf('bravo').shadow, granted });
const drillOf = (days: number) => ({
  lastDrill: { atMs: NOW_MS - days * 86_400_000, by: 'ada', state: 'ok', due: 1, granted: 1 } as const,
});

test('each condition has the words of its alert; a healthy key has none', () => {
  const cases: readonly (readonly [readonly string[], Partial<Facts>])[] = [
    [[], {}],
    [['WatchbillStoreBehind'], { health: { ...health, ready: false, state: 'behind' } }],
    [['WatchbillServiceNotReady'], { health: { ...health, ready: false, state: 'waiting' as never } }],
    [['WatchbillNoMarginLeft'], { health: { ...health, store: { ...health.store, quorumMargin: 0 } } }],
    [['WatchbillKeyFrozen'], { policies: [policyOf({ mode: 'frozen' })] }],
    [[], { policies: [policyOf({ mode: 'idle' })], watches: [] }],
    [['WatchbillNoActiveNode'], { watches: [] }],
    [['WatchbillNoActiveNode'], { watches: [watchOf({ live: false })] }],
    [['WatchbillNoParachainKeys'], { watches: [watchOf({ keyLeases: [leaseOf({ node: 'bravo' })] })] }],
    [[], { watches: [watchOf({ keyLeases: [leaseOf(), leaseOf({ node: 'bravo', askedBy: ['bravo'] })] })] }],
    [['StandbyWouldNotSign'], { standbys: [standbyOf('bravo', { shadow: shadow(118) })] }],
    [[], { standbys: [standbyOf('bravo', { shadow: shadow(119) })] }],
    [[], { standbys: [standbyOf('alpha', { onWatch: true, shadow: shadow(0) })] }],
    [['StandbyDrillOld'], { standbys: [standbyOf('bravo', drillOf(31))] }],
    [[], { standbys: [standbyOf('bravo', drillOf(29))] }],
  ];
  for (const [names, changes] of cases) assert.deepEqual(needs(changes), names);
});

test('labels fill the words; a mark without a label stays, and a condition without words is left out', () => {
  const facts = factsOf({ standbys: [standbyOf('bravo', { shadow: shadow(60) })], watches: [] });
  assert.deepEqual(
    needsOf(facts, WORDS, SHORT).map(({ sentence }) => sentence),
    [
      `WatchbillNoActiveNode <instance> ${CHAIN} …5ac67d <node> <value> <other>`,
      `StandbyWouldNotSign <instance> <chain> …5ac67d bravo 50% <other>`,
    ],
  );
  assert.deepEqual(needsOf(facts, new Map(), SHORT), []);
});
