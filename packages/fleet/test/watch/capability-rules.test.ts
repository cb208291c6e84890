// Every alert of these capabilities with Prometheus' own test program: data that must fire it, and similar
// data that must not.

import { describe } from 'node:test';
import { MONITORING, namesOf } from './all.ts';
import { casesOf } from './case.ts';
import { testRules } from './run-cases.ts';

for (const name of ['service', 'coordinate', 'guard', 'nominate'] as const)
  describe(name, () => testRules(MONITORING[name].rules(), namesOf(MONITORING[name]), casesOf(name)));
