import { runners } from '@watchbill/kit/command/testing/fake-io';
import { DUTY_DOORS } from '../doors.ts';

export const { runCli, runFake } = runners(DUTY_DOORS);
