import { scenarioTests } from './scenario-tests.ts';

/** A machine that fails by itself does so on every store alike: `scenarios-embedded` has these. */
const OF_MACHINES = process.env.WATCHBILL_LONG === '1' ? ['killed', 'cut-from-service'] : [];

scenarioTests({
  store: 'etcd',
  wire: 'claims',
  only: ['calm', 'service-killed', 'etcd-leader-killed', ...OF_MACHINES],
});
