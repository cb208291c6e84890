import { DOORS } from '../doors.ts';
import { fakeRunner } from './fake-io.ts';

/** Runs any command line in a fake process. */
export const runFake = fakeRunner(DOORS);
