import { handoverTests } from './handover-tests.ts';

handoverTests('etcd');
