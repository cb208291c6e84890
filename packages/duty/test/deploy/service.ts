// A service that is asked over TLS: its files, its operator, and nodes that claim.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { COMMAND } from '@watchbill/testkit/command';
import { run } from './image.ts';

export const CHAIN = `0x${'7a'.repeat(32)}`;
const KEY = `0x${'42'.repeat(32)}`;
const ANSWER_MS = 10_000;
export const SLOT_MS = 400;

export const POLICY = {
  chain: CHAIN,
  key: KEY,
  roster: [
    { name: 'alpha', rank: 0 },
    { name: 'bravo', rank: 1 },
  ],
  duties: { babe: {} },
  ceilings: { slotMs: SLOT_MS },
  readiness: { required: false },
  standbyDelayMs: 300,
};
export const OF_KEY = ['--chain', CHAIN, '--key', KEY];

/** The command of this tree, with the configuration of a folder. */
export function command(...args: readonly string[]): string {
  return run(process.execPath, [COMMAND, ...args]);
}

interface Claimed {
  readonly outcome: 'granted' | 'denied' | 'unknown' | 'no answer';
  readonly reason: string;
}

/** A node with its token: each claim is for one slot, with the payload of this node. */
export function claimant(url: string, home: string, name: string, payload: string) {
  const ca = readFileSync(join(home, 'tls/ca.pem'));
  const token = readFileSync(join(home, `../${name}.token`), 'utf8').trim();
  // A name of the certificate, whatever address the test has.
  const agent = new Agent({ ca, servername: 'localhost', keepAlive: true, maxSockets: 16 });
  return async (slot: number): Promise<Claimed> => {
    const body = JSON.stringify({
      ...{ claimId: `${payload}-${slot}`, chain: CHAIN, key: KEY, duty: 'babe', unit: `${slot}` },
      ...{ part: 'seal', digest: `0x${payload.repeat(32)}`, incarnation: payload.repeat(16) },
      timeoutMs: 5_000,
    });
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const signal = AbortSignal.timeout(ANSWER_MS);
    const asked = request(`${url}/v1/claims`, { method: 'POST', agent, headers, signal });
    asked.on('error', () => {}).end(body);
    try {
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      const { outcome, reason, code } = (await json(response)) as Partial<Claimed> & { code?: string };
      return { outcome: outcome ?? 'no answer', reason: reason ?? code ?? '' };
    } catch (error) {
      return { outcome: 'no answer', reason: String(error) };
    }
  };
}

/** The slot of this moment. */
export const dueSlot = (): number => Math.floor(Date.now() / SLOT_MS);
