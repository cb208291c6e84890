import { scenarioTests } from '../node/scenario-tests.ts';

scenarioTests({
  store: 'tikv',
  wire: 'claims',
  only: [
    'calm',
    'killed',
    'service-killed-in-commit',
    'store-leader-killed',
    'pd-leader-killed',
    'two-stores-dead',
    'cluster-killed',
  ],
});
