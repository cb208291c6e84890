import { runners } from '@watchbill/kit/command/testing/fake-io';
import { DOORS } from '../doors.ts';

/** Runs any command line in a fake process. */
export const { runFake } = runners(DOORS);
