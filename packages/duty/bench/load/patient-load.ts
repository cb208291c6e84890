// A process of its own: claims at fixed moments, asked again until one is granted, for a service in trouble.

import { setTimeout as sleep } from 'node:timers/promises';
import { answerParent } from '@watchbill/testkit/bench/child';
import { type OpenLatency, type OpenLoop, openLoop } from '@watchbill/testkit/bench/pace';
import { longestGap } from '../trouble/gaps.ts';
import { type ClaimSeries, claimSeries } from './claims.ts';
import { type Connection, reopened } from './connection.ts';
import type { HttpLoadSetUp } from './http-load.ts';

/** What patient claims met. */
export interface PatientLatency extends OpenLatency {
  /** Claims that had no grant for an answer, and were followed by another one. */
  readonly askedAgain: number;
  /** The longest time between two grants, one after the other, of all connections. */
  readonly longestGapMs: number;
}

/** One key, over one connection at a time. */
interface Lane {
  readonly claims: ClaimSeries;
  readonly connection: Pick<Connection, 'ask'>;
}

const PAUSE_MS = 10;
/** A service that grants nothing for so long ends the bench. */
const GIVE_UP_MS = 30_000;

let lanes: readonly Lane[] | null = null;

answerParent(async (message) => {
  if (lanes !== null) return run(lanes, message as OpenLoop);
  const { keys, port, ...claimant } = message as HttpLoadSetUp;
  lanes = keys.map((key) => ({
    claims: claimSeries({ ...claimant, key }, Date.now),
    connection: reopened(port),
  }));
  return null;
});

async function run(all: readonly Lane[], loop: OpenLoop): Promise<PatientLatency> {
  const grantedMs: number[] = [];
  let askedAgain = 0;
  const latency = await openLoop(loop, async (index) => {
    const lane = all[index];
    if (lane === undefined) throw new Error(`lane ${index} has no key`);
    askedAgain += await claimUntilGranted(lane);
    grantedMs.push(performance.now());
  });
  return { ...latency, askedAgain, longestGapMs: longestGap(grantedMs) };
}

/** Settles with the first grant; how many claims had another answer, or none. */
async function claimUntilGranted(lane: Lane): Promise<number> {
  const untilMs = performance.now() + GIVE_UP_MS;
  for (let again = 0; ; again++) {
    try {
      lane.claims.check(await lane.connection.ask(lane.claims.next()));
      return again;
    } catch (error) {
      if (performance.now() > untilMs) throw error;
      await sleep(PAUSE_MS);
    }
  }
}
