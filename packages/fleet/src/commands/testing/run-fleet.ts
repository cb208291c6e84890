import { runners } from '@watchbill/kit/command/testing/fake-io';
import { FLEET_DOOR } from '../door.ts';

export const { runCli, runFake } = runners([FLEET_DOOR]);
