// A service that is asked over TLS: its files, its operator, and nodes that claim.

import { readFileSync } from 'node:fs';
import { Agent, type RequestOptions, request } from 'node:https';
import { join } from 'node:path';
import { COMMAND } from '@watchbill/testkit/command';
import { run } from './image.ts';

const CHAIN = `0x${'7a'.repeat(32)}`;
const KEY = `0x${'42'.repeat(32)}`;
const ANSWER_MS = 10_000;
export const SLOT_MS = 400;

export { CHAIN };

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

export interface Claimed {
  readonly outcome: 'granted' | 'denied' | 'unknown' | 'no answer';
  readonly reason: string;
}

export type Claim = (slot: number) => Promise<Claimed>;

/** A node with its token: each claim is for one slot, with the payload of this node. */
export function claimant(url: string, home: string, name: string, payload: string): Claim {
  const ca = readFileSync(join(home, 'tls/ca.pem'));
  const token = readFileSync(join(home, `../${name}.token`), 'utf8').trim();
  // A name of the certificate, whatever address the test has.
  const agent = new Agent({ ca, servername: 'localhost', keepAlive: true, maxSockets: 16 });
  return (slot) => {
    const body = JSON.stringify({
      ...{ claimId: `${payload}-${slot}`, chain: CHAIN, key: KEY, duty: 'babe', unit: `${slot}` },
      ...{
        part: 'seal',
        digest: `0x${payload.repeat(32)}`,
        incarnation: payload.repeat(16),
        timeoutMs: 5_000,
      },
    });
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    return textOf(`${url}/v1/claims`, { method: 'POST', agent, headers }, body).then(
      answerOf,
      (error: Error): Claimed => ({ outcome: 'no answer', reason: error.message }),
    );
  };
}

function answerOf(text: string): Claimed {
  const { outcome, reason, code } = JSON.parse(text) as Partial<Claimed> & { readonly code?: string };
  return { outcome: outcome ?? 'no answer', reason: reason ?? code ?? text };
}

/** How many claims the service has accepted and not answered yet. */
export async function claimsUnderWay(url: string, home: string): Promise<number> {
  const ca = readFileSync(join(home, 'tls/ca.pem'));
  const text = await textOf(`${url}/metrics`, { ca, servername: 'localhost', agent: false });
  return Number(/^watchbill_claims_in_flight (\d+)$/m.exec(text)?.[1]);
}

/** The body of an answer. Rejects if there is none in time. */
function textOf(url: string, options: RequestOptions, body?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(url, options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('error', reject);
      response.on('end', () => resolve(text));
    });
    asked.setTimeout(ANSWER_MS, () => asked.destroy(new Error('no answer in time')));
    asked.on('error', reject);
    asked.end(body);
  });
}

/** The slot of this moment. */
export const dueSlot = (): number => Math.floor(Date.now() / SLOT_MS);
