import { forkOnStage } from '@watchbill/testkit/bench/child';
import type { Stage } from '@watchbill/testkit/bench/stage';
import type { FlatAsk, Growth } from './flat-process.ts';

export interface Flat {
  readonly member: Growth;
  readonly group: Growth;
}

const EARLY = 10_000;
const LATE = 100_000;
const DEADLINE_MS = 60 * 60_000;

/**
 * What is still held after many windows: by the engine of a member that is a group of its own, and by a group
 * of four.
 */
export async function measureFlat(stage: Stage): Promise<Flat> {
  const [member, group] = await Promise.all([growthOf(stage, 1), growthOf(stage, 4)]);
  return { member, group };
}

/** In a separate process, whose heap holds nothing else. */
async function growthOf(stage: Stage, members: number): Promise<Growth> {
  const file = new URL('flat-process.ts', import.meta.url);
  const asked: FlatAsk = { members, early: EARLY, late: LATE };
  const { setUp } = await forkOnStage(stage, file, asked, DEADLINE_MS, ['--expose-gc']);
  return setUp as Growth;
}
