import { scenarioTests } from './scenario-tests.ts';

scenarioTests({ store: 'sqlite', wire: 'original', only: ['calm', 'killed', 'service-killed', 'paused'] });
