// Every alert of these capabilities with Prometheus' own test program: data that must fire it, and similar
// data that must not.

import { readFileSync } from 'node:fs';
import { describe } from 'node:test';
import { parse } from 'yaml';
import { MONITORING, namesOf } from './all.ts';
import type { Case } from './case.ts';
import { testRules } from './run-cases.ts';

for (const name of ['coordinate', 'guard', 'nominate'] as const)
  describe(name, () => {
    const cases = parse(readFileSync(new URL(`cases/${name}.yaml`, import.meta.url), 'utf8')) as Case[];
    testRules(MONITORING[name].rules(), namesOf(MONITORING[name]), cases);
  });
