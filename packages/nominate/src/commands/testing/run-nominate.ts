import { runners } from '@watchbill/kit/command/testing/fake-io';
import { NOMINATE_DOOR } from '../door.ts';

export const { runCli, runFake } = runners([NOMINATE_DOOR]);
