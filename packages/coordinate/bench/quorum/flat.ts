import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { endChild } from '@watchbill/testkit/bench/child';
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

/** In a process of its own, whose heap holds nothing else. */
async function growthOf(stage: Stage, members: number): Promise<Growth> {
  const path = fileURLToPath(new URL('flat-process.ts', import.meta.url));
  const child = fork(path, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [...process.execArgv, '--expose-gc'],
  });
  await stage.start(Promise.resolve(child), endChild);
  const settled = new AbortController();
  const { signal } = settled;
  try {
    const answer = once(child, 'message', { signal }).then(([growth]) => growth as Growth);
    const end = once(child, 'exit', { signal }).then(() => {
      throw new Error(`the process of the group of ${members} ended while it was at work`);
    });
    const late = once(AbortSignal.timeout(DEADLINE_MS), 'abort', { signal }).then(() => {
      throw new Error(`the windows of the group of ${members} took longer than ${DEADLINE_MS} ms`);
    });
    for (const other of [end, late]) other.catch(() => undefined);
    const ask: FlatAsk = { members, early: EARLY, late: LATE };
    child.send(ask);
    return await Promise.race([answer, end, late]);
  } finally {
    settled.abort();
  }
}
