import { scenarioTests } from './scenario-tests.ts';

scenarioTests({
  store: 'etcd',
  wire: 'claims',
  only: ['calm', 'killed', 'cut-from-service', 'service-killed', 'etcd-leader-killed'],
});
