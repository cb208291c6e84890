import { runners } from '@watchbill/kit/command/testing/fake-io';
import { GUARD_DOORS } from '../doors.ts';

export const { runCli, runFake } = runners(GUARD_DOORS);
