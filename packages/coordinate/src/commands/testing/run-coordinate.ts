import { runners } from '@watchbill/kit/command/testing/fake-io';
import { COORDINATE_DOOR } from '../door.ts';

export const { runCli, runFake } = runners([COORDINATE_DOOR]);
