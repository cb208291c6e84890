// Every alert of guards with Prometheus' own test program: data that must fire it, and similar data that must
// not. Each reads series that a guard serves.

import { MONITORING, namesOf } from './all.ts';
import { type Case, pair, quiet, rising, still } from './case.ts';
import { testRules } from './run-cases.ts';

const of = (metric: string, labels = '') =>
  `watchbill_guard_${metric}{job="watchbill-guard",instance="v1"${labels === '' ? '' : `,${labels}`}}`;
const gran = (state: string) => of('keys', `kind="gran",state="${state}"`);
const active = (instance: string) =>
  `watchbill_guard_active{job="watchbill-guard",instance="${instance}",pair="/watchbill-guard/v/"}`;
const up = 'up{job="watchbill-guard",instance="v1"}';

const CASES: readonly Case[] = [
  ...pair(
    'GuardKeyRefused',
    10,
    { [gran('refused')]: still(1) },
    { [gran('refused')]: '0 1 0+0x100', [gran('waiting')]: still(1) },
  ),
  quiet('GuardKeyRefused', 10, { [of('keys', 'kind="gran",state="refused",mode="shadow"')]: still(1) }),
  quiet('GuardKeyWaits', 20, { [of('key_wait_seconds', 'kind="gran",mode="shadow"')]: rising(60) }),
  // Up for 600 s, then open; the other waits for a minute more than that.
  ...pair(
    'GuardKeyWaits',
    13,
    { [of('key_wait_seconds', 'kind="gran"')]: rising(60) },
    { [of('key_wait_seconds', 'kind="gran"')]: '0+60x10 0+0x100' },
  ),
  ...pair('GuardDown', 10, { [up]: still(0) }, { [up]: '1+0x7 0 1+0x100' }),
  quiet('GuardDown', 10, { 'up{job="watchbill",instance="s1"}': still(0) }),
  ...pair(
    'GuardNodeRestarts',
    60,
    { [of('node_starts_total')]: '1+0x10 2 3 4 5 6+0x100' },
    { [of('node_starts_total')]: '1+0x10 2 3+0x100' },
  ),
  // A hand-over takes a minute, in which no machine is active.
  ...pair(
    'GuardPairInactive',
    15,
    { [active('v1')]: '1+0x5 0+0x100', [active('v2')]: still(0) },
    { [active('v1')]: '1+0x5 0+0x100', [active('v2')]: '0+0x7 1+0x100' },
  ),
  ...pair(
    'GuardPairTwoActive',
    10,
    { [active('v1')]: still(1), [active('v2')]: '0+0x5 1+0x100' },
    { [active('v1')]: '1+0x5 0+0x100', [active('v2')]: '0+0x5 1+0x100' },
  ),
  // The active machine of another pair is no second one.
  quiet('GuardPairTwoActive', 10, { [active('v1')]: still(1), [of('active', 'pair="/other/"')]: still(1) }),
  ...pair(
    'GuardPairUnread',
    30,
    { [of('pair_failures_total')]: rising(1) },
    { [of('pair_failures_total')]: '0+0x10 3+0x100' },
  ),
  ...pair(
    'GuardFenceFails',
    30,
    { [of('fences_total', 'result="unknown"')]: '0+0x25 1+0x100' },
    { [of('fences_total', 'result="off"')]: '0+0x25 1+0x100' },
  ),
  ...pair('GuardLapsed', 30, { [of('lapses_total')]: '0+0x20 1+0x100' }, { [of('lapses_total')]: still(1) }),
];

testRules(MONITORING.guard.rules(), namesOf(MONITORING.guard), CASES);
