import { fileURLToPath } from 'node:url';
import { linesOnStage } from '@watchbill/testkit/bench/child';
import { type OpenLoop, startOpenLoop } from '@watchbill/testkit/bench/open-loop';
import type { Stage } from '@watchbill/testkit/bench/stage';
import { type Latency, latencyOf } from '@watchbill/testkit/bench/statistics';

const SERVER = fileURLToPath(new URL('least-server.ts', import.meta.url));
/** As often as a node asks that authors a block and votes on it. */
const PER_SECOND = 3;
const WARM_UP = 10;
const START_MS = 60_000;
/** As long as the body of a claim. */
const BODY = JSON.stringify({
  claimId: 'c'.repeat(32),
  ledger: 'd'.repeat(32),
  epoch: 'e'.repeat(32),
  chain: `0x${'ab'.repeat(32)}`,
  key: `0x${'cd'.repeat(32)}`,
  duty: 'grandpa',
  unit: '0/1/precommit',
  part: 'vote',
  digest: `0x${'ef'.repeat(32)}`,
  incarnation: 'f'.repeat(32),
  timeoutMs: 30_000,
});

export interface Least {
  /** The server flushes nothing. */
  readonly answered: Latency;
  /** It flushes what a service flushes for one grant. */
  readonly flushed: Latency;
}

/**
 * What this machine takes to answer a claim where nothing is decided: a server of Node that is asked as
 * seldom as a service is, by a load that wakes in time. Milliseconds from the moment a request was due to its
 * whole answer.
 */
export async function askLeast(
  stage: Stage,
  flushedBytes: readonly number[],
  seconds: number,
): Promise<Least> {
  const load = await startOpenLoop(stage);
  return {
    answered: await ask(stage, load, [], seconds),
    flushed: await ask(stage, load, flushedBytes, seconds),
  };
}

async function ask(
  stage: Stage,
  load: OpenLoop,
  flushedBytes: readonly number[],
  seconds: number,
): Promise<Latency> {
  const line = [process.execPath, SERVER, stage.folder, ...flushedBytes.map(String)];
  const server = await linesOnStage(stage, 'the least server', line);
  const { tookMs } = await load.ask({
    port: Number(await server.ask(null, START_MS)),
    connections: 1,
    perSecond: PER_SECOND,
    warmUp: WARM_UP,
    count: PER_SECOND * seconds,
    body: BODY,
    mark: '"outcome":"granted"',
  });
  return latencyOf(tookMs);
}
