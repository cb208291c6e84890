// One operator in this process, over a real channel, with another one whose messages the test writes.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connectNode } from '@watchbill/chain';
import { newKeySecret } from '@watchbill/chain/keys';
import { encodeMessage, MESSAGE_TYPE } from '../../rfc12/message.ts';
import { encodePayload } from '../../rfc12/payload-encode.ts';
import { planWindow, safeBlock } from '../../rfc12/plan.ts';
import type { Proposal } from '../../rfc12/proposal.ts';
import { walletKeyHash } from '../../rfc12/seed.ts';
import { type Channel, openChannel } from '../../transport/channel/channel.ts';
import { MAX_CHANNEL_PAYLOAD_BYTES } from '../../transport/channel/envelope.ts';
import { until } from '../../transport/testing/until.ts';
import { windowOf } from '../../window.ts';
import { devChain } from '../dev-chain/chain.ts';
import { type RunningDevChain, serveDevChain } from '../dev-chain/serve.ts';
import type { Line } from '../watch/lines.ts';
import { readRfc12Group, rfc12GroupSchema } from './group-file.ts';
import { operatorOf, runRfc12Member } from './member.ts';

const LIMIT = { timeout: 180_000 };
const SCALE = 20;
const folder = mkdtempSync(join(tmpdir(), 'watchbill-rfc12-member-'));
const [own, other, stranger] = [1, 2, 3].map(() => newKeySecret('secp256k1').secret) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const [OWN, OTHER] = [operatorOf(own), operatorOf(other)];
/** Windows 1 and 3 are led by the other, 2 by the one that runs. */
const LEADERS = [OTHER, OWN, OTHER];
/** The test moves the chain, so that an active phase lasts as long as it needs. */
const SPEC = { name: 'member', startedAtMs: 0, blockMs: 20 };
let nowMs = 0;

/** Makes a height the last final one, which is the one before the newest. */
function reach(height: bigint): void {
  nowMs = (Number(height) + 1) * SPEC.blockMs;
}

const lines: Line[] = [];
const stop = new AbortController();
let chain: RunningDevChain;
let channel: Channel;
let ended: Promise<void>;
let file: ReturnType<typeof groupFile>;
let address = '';

function groupFile(wallet: Uint8Array) {
  const read = readRfc12Group(
    rfc12GroupSchema.parse({
      format: 'watchbill/rfc12-group/1',
      name: 'demo',
      genesis: `0x${Buffer.from(devChain(SPEC).genesis).toString('hex')}`,
      wallet: `0x${Buffer.from(wallet).toString('hex')}`,
      operators: [OWN, OTHER],
      practiceScale: SCALE,
    }),
  );
  assert.ok(read.ok);
  return read.file;
}

/** A group in which the operators lead in that order. */
function groupWithLeaders(): ReturnType<typeof groupFile> {
  const blocks = devChain(SPEC);
  for (let tries = 0; tries < 1_000; tries++) {
    const wallet = newKeySecret('secp256k1').key.publicKey;
    const found = groupFile(wallet);
    assert.deepEqual(found.group.keyHash, walletKeyHash(wallet));
    const isGood = LEADERS.every((leader, place) => {
      const window = windowOf(found.times.windows, BigInt(place + 1));
      const hash = blocks.hashOf(Number(safeBlock(window, found.times)), SPEC.startedAtMs + 1_000_000);
      return (
        planWindow(found.group, window, hash ?? new Uint8Array(0), found.eras, found.times).leader === leader
      );
    });
    if (isGood) return found;
  }
  throw new Error('no such wallet among a thousand');
}

before(async () => {
  file = groupWithLeaders();
  reach(44n);
  chain = await serveDevChain(SPEC, 0, () => nowMs);
  const node = connectNode(chain.url, { timeoutMs: 5_000 });
  // One output script of 1,047,552 bytes: with the rest of the message it is too large by a few.
  assert.equal(MAX_CHANNEL_PAYLOAD_BYTES, 1_047_552);
  const script = `const payload = '0a80f83f' + '00'.repeat(1047552);
    console.log(JSON.stringify({ action: 'redemption', payload }));`;
  ended = runRfc12Member({
    file,
    secret: own,
    nodes: [node],
    stateFolder: join(folder, 'state'),
    openChannel,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    retransmission: 'standard',
    generate: [process.execPath, '-e', script],
    execute: null,
    http: null,
    say: (line) => lines.push(line),
    signal: stop.signal,
    opened: (open) => {
      address = open.addresses[0] ?? '';
    },
  }).finally(() => node.close());
  await until('it listens', () => address !== '');
  channel = await openAs(other, { seat: file.operators.indexOf(OTHER) });
  await until('both are connected', () => lines.some(({ event }) => event === 'peer-connected'));
}, LIMIT);

after(async () => {
  stop.abort();
  await channel.close();
  await ended;
  await chain.close();
  rmSync(folder, { recursive: true });
});

function openAs(
  secret: Uint8Array,
  { seat, operators = file.operators }: { readonly seat: number; readonly operators?: readonly string[] },
): Promise<Channel> {
  const members = operators.map((operator, place) => ({
    seat: place,
    operator,
    addresses: operator === OWN ? [address] : [],
  }));
  const limits = { redial: { firstMs: 50, lastMs: 200 } };
  return openChannel({
    name: file.channel,
    group: { seat, members },
    secret,
    limits,
    events: { arrived: () => undefined },
  });
}

const NOOP: Proposal = { action: 'noop' };

/** A message of the other operator, through its seat and for window 1 unless told otherwise. */
function send(message: Partial<Parameters<typeof encodeMessage>[0]>): void {
  const { keyHash } = file.group;
  const whole = { senderSeat: 2, coordinationBlock: 45n, keyHash, proposal: NOOP, ...message };
  channel.broadcast({ type: MESSAGE_TYPE, payload: encodeMessage(whole) });
}

async function opens(window: bigint): Promise<void> {
  reach(45n * window + 1n);
  await until(`window ${window} opens`, () =>
    lines.some(({ event, fields }) => event === 'window' && fields.window === `${window}`),
  );
}
const outcomeOf = async (window: bigint) => {
  const isIt = ({ event, fields }: Line) => event === 'outcome' && fields.from === `${window}`;
  await until(`window ${window} ends`, () => lines.some(isIt));
  return lines.find(isIt)?.fields ?? {};
};
const refusals = () =>
  lines.filter(({ event }) => event === 'message-refused').map(({ fields }) => fields.reason);

test('a peer outside the group is refused, and reported', LIMIT, async () => {
  const operators = [OWN, operatorOf(stranger)];
  const outsider = await openAs(stranger, { seat: 1, operators });
  await until('it is reported', () => lines.some(({ event }) => event === 'refused-not-a-member'));
  await outsider.close();
});

test(
  'messages of another window, wallet or seat are refused, and the right one is taken',
  LIMIT,
  async () => {
    await opens(1n);
    send({ coordinationBlock: 90n });
    send({ keyHash: new Uint8Array(20) });
    send({ senderSeat: 1 });
    channel.broadcast({ type: MESSAGE_TYPE, payload: Uint8Array.of(0xff) });
    const wanted = ['other-window', 'other-group', 'own-seat', 'malformed'];
    await until('all are refused', () => wanted.every((reason) => refusals().includes(reason)));
    send({});
    const { action, result } = await outcomeOf(1n);
    assert.deepEqual([result, action], ['noop', 'noop']);
  },
);

test('a leader whose proposal is too large sends no message and runs no action', LIMIT, async () => {
  await opens(2n);
  await until('its program has answered', () => lines.some(({ event }) => event === 'attempt-failed'));
  reach(94n);
  const { detail, reason, result } = await outcomeOf(2n);
  assert.deepEqual([result, reason], ['failed', 'proposal-late']);
  assert.match(String(detail), /the proposal has \d{7} bytes; a message has at most 1047552/);
  assert.ok(!lines.some(({ event }) => event === 'port-failed'), 'it never asked the channel');
});

test('an action that is not due is a fault of the leader, and its silence another', LIMIT, async () => {
  await opens(3n);
  const proposal: Proposal = {
    action: 'moving-funds',
    targetWallets: [new Uint8Array(20)],
    movingFundsTxFee: 1n,
  };
  assert.ok(encodePayload(proposal).length > 0);
  send({ coordinationBlock: 135n, proposal });
  await until('it is refused', () => refusals().includes('action-not-allowed'));
  reach(139n);
  const { reason } = await outcomeOf(3n);
  assert.equal(reason, 'leader-silent');
  const faults = lines.filter(({ event }) => event === 'fault').map(({ fields }) => fields);
  assert.deepEqual(
    faults.map(({ culprit, kind, window }) => [window, culprit, kind]),
    [
      ['3', OTHER, 'leader-mistake'],
      ['3', OTHER, 'leader-idleness'],
    ],
  );
});
