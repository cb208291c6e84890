import { scenarioTests } from './scenario-tests.ts';

scenarioTests({ store: 'sqlite', wire: 'claims', every: 'first' });
