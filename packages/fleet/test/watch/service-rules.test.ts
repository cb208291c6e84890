// Every alert of the permission service with Prometheus' own test program: data that must fire it, and
// similar data that must not.

import { MONITORING, namesOf } from './all.ts';
import { testRules } from './run-cases.ts';
import { SERVICE_CASES } from './service-cases.ts';

testRules(MONITORING.service.rules(), namesOf(MONITORING.service), SERVICE_CASES);
