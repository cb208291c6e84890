// Every alert of groups of operators with Prometheus' own test program: data that must fire it, and similar
// data that must not.

import { MONITORING, namesOf } from './all.ts';
import { type Case, firing, pair, quiet, rising, still } from './case.ts';
import { testRules } from './run-cases.ts';

const of = (metric: string, labels = '', member = 'm1') =>
  `watchbill_coordinate_${metric}{group="g",member="${member}"${labels === '' ? '' : `,${labels}`}}`;
const outcome = (result: string, reason = '') =>
  of('outcomes_total', `result="${result}",reason="${reason}"`);
const receipt = (result: string) => of('receipts_total', `action="call",result="${result}"`);
const fault = (kind: string) => of('faults_total', `kind="${kind}"`);
const connected = of('member_connected', 'peer="m2"');
const height = (member = 'm1') => of('height', '', member);
const lease = (start: number, end: number, at: number) => ({
  [of('lease_start')]: still(start),
  [of('lease_end')]: still(end),
  [height()]: still(at),
});

const CASES: readonly Case[] = [
  ...pair(
    'CoordinateMemberDown',
    10,
    { 'up{job="coordinate",instance="a"}': still(0) },
    { 'up{job="coordinate",instance="a"}': '1 1 1 1 1 1 0 0 0 0 1+0x100' },
  ),
  ...pair('CoordinateChainStands', 15, { [height()]: still(7) }, { [height()]: '0+0x8 1+0x100' }),
  ...pair(
    'CoordinateChainLags',
    20,
    { [height()]: rising(10), [height('m2')]: '100+10x600' },
    { [height()]: rising(10), [height('m2')]: '20+10x600' },
  ),
  ...pair(
    'CoordinateNoQuorum',
    10,
    { [of('peers')]: still(1), [of('quorum')]: still(3) },
    { [of('peers')]: still(2), [of('quorum')]: still(3) },
  ),
  ...pair(
    'CoordinateOwnKeyElsewhere',
    1,
    { [of('own_key_elsewhere')]: still(1) },
    { [of('own_key_elsewhere')]: still(0) },
  ),
  ...pair('CoordinateMemberSilent', 35, { [connected]: still(0) }, { [connected]: '0+0x20 1 0+0x100' }),
  ...pair(
    'CoordinateWindowsMissed',
    360,
    { [outcome('failed', 'no-certificate')]: '0+0x100 1+0x100 2+0x400', [outcome('execute')]: rising(1) },
    { [outcome('failed', 'no-certificate')]: '0+0x100 1+0x600', [outcome('execute')]: rising(1) },
  ),
  ...pair(
    'CoordinateNothingSettled',
    360,
    { [outcome('failed', 'no-seed')]: '0+0x90 1+0x90 2+0x90 3+0x300', [outcome('noop')]: still(5) },
    { [outcome('failed', 'no-seed')]: '0+0x90 1+0x90 2+0x90 3+0x300', [outcome('noop')]: '0+0x200 1+0x400' },
  ),
  ...pair('CoordinateLeaseLong', 10, lease(100, 200, 195), lease(100, 200, 150)),
  // No action runs.
  { alert: 'CoordinateLeaseLong', fires: false, series: lease(0, 0, 195), minutes: 10 },
  ...pair(
    'CoordinateActionFailed',
    60,
    { [receipt('expired')]: '0+0x30 1+0x600', [receipt('done')]: rising(1) },
    // Old failures, and actions that others did.
    { [receipt('failed')]: still(3), [receipt('done')]: rising(1), [receipt('done-by-another')]: rising(1) },
  ),
  // A veto is the decision of an operator.
  quiet('CoordinateActionFailed', 60, { [receipt('vetoed')]: '0+0x30 1+0x600' }),
  ...pair(
    'CoordinateLeaderIdle',
    360,
    { [fault('idleness')]: '0+0x100 1+0x100 2+0x400' },
    { [fault('idleness')]: '0+0x100 1+0x600', [fault('mistake')]: '0+0x100 5+0x600' },
  ),
  // Of an RFC 12 group.
  firing('CoordinateLeaderIdle', 360, { [fault('leader-idleness')]: '0+0x100 1+0x100 2+0x400' }),
  quiet('CoordinateFaultProven', 60, {
    [fault('leader-idleness')]: '0+0x30 1+0x600',
    [fault('leader-mistake')]: '0+0x30 1+0x600',
  }),
  ...pair(
    'CoordinateFaultProven',
    60,
    { [fault('equivocation')]: '0+0x30 1+0x600' },
    { [fault('equivocation')]: still(1), [fault('idleness')]: rising(1) },
  ),
  ...pair(
    'CoordinateNotStored',
    30,
    { [of('store_failures_total', 'what="store-cursor"')]: rising(1) },
    { [of('store_failures_total', 'what="store-cursor"')]: still(9) },
  ),
];

testRules(MONITORING.coordinate.rules(), namesOf(MONITORING.coordinate), CASES);
