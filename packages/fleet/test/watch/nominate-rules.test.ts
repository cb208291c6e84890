// Every alert of the nominate service with Prometheus' own test program: data that must fire it, and similar
// data that must not.

import { MONITORING, namesOf } from './all.ts';
import { type Case, pair, still } from './case.ts';
import { testRules } from './run-cases.ts';

const of = (metric: string, labels = '') =>
  `watchbill_nominate_${metric}{instance="n1",job="nominate"${labels === '' ? '' : `,${labels}`}}`;
const notices = (severity: string) => of('notices_open', `severity="${severity}"`);

const CASES: readonly Case[] = [
  ...pair(
    'NominateNoticeCritical',
    20,
    { [notices('critical')]: still(1) },
    // One that closes again, and lesser ones.
    { [notices('critical')]: '1+0x9 0+0x100', [notices('warning')]: still(3) },
  ),
];

testRules(MONITORING.nominate.rules(), namesOf(MONITORING.nominate), CASES);
