// A leader that is faster than this operator's chain node: its first message comes before the plan.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectNode, type NodeRpc } from '@watchbill/chain';
import { newKeySecret } from '@watchbill/chain/keys';
import { encodeMessage, MESSAGE_TYPE } from '../../rfc12/message.ts';
import { planWindow, safeBlock } from '../../rfc12/plan.ts';
import { openChannel } from '../../transport/channel/channel.ts';
import { until } from '../../transport/testing/loopback.ts';
import { windowOf } from '../../window.ts';
import { devChain } from '../dev-chain/chain.ts';
import { serveDevChain } from '../dev-chain/serve.ts';
import type { Line } from '../watch/lines.ts';
import { readRfc12Group, rfc12GroupSchema } from './group-file.ts';
import { operatorOf, runRfc12Member } from './member.ts';

const LIMIT = { timeout: 100_000 };
const SPEC = { name: 'member', startedAtMs: 0, blockMs: 20 };
const [own, other] = [1, 2].map(() => newKeySecret('secp256k1').secret) as [Uint8Array, Uint8Array];
const [OWN, OTHER] = [operatorOf(own), operatorOf(other)];

function groupFile() {
  const blocks = devChain(SPEC);
  for (let tries = 0; tries < 100; tries++) {
    const read = readRfc12Group(
      rfc12GroupSchema.parse({
        format: 'watchbill/rfc12-group/1',
        name: 'demo',
        genesis: `0x${Buffer.from(blocks.genesis).toString('hex')}`,
        wallet: `0x${Buffer.from(newKeySecret('secp256k1').key.publicKey).toString('hex')}`,
        operators: [OWN, OTHER],
        practiceScale: 20,
      }),
    );
    assert.ok(read.ok);
    const { file } = read;
    const window = windowOf(file.times.windows, 1n);
    const hash = blocks.hashOf(Number(safeBlock(window, file.times)), 1_000_000) ?? new Uint8Array(0);
    if (planWindow(file.group, window, hash, file.eras, file.times).leader === OTHER) return file;
  }
  throw new Error('no such wallet');
}

test('a leader whose first message came before the plan is heard by its repeats', LIMIT, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'watchbill-rfc12-late-'));
  const file = groupFile();
  let nowMs = 45 * SPEC.blockMs;
  const reach = (height: number) => {
    nowMs = (height + 1) * SPEC.blockMs;
  };
  const chain = await serveDevChain(SPEC, 0, () => nowMs);
  const real = connectNode(chain.url, { timeoutMs: 5_000 });
  const [asked, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  // The hash of the safe block of window 1 takes a while.
  const call = async (...given: Parameters<NodeRpc['call']>): Promise<unknown> => {
    const [method, params] = given;
    if (method === 'chain_getBlockHash' && params?.[0] === 43) {
      asked.resolve();
      await goOn.promise;
    }
    return real.call(...given);
  };
  const node = {
    ...real,
    address: real.address,
    call,
    subscribe: real.subscribe.bind(real),
    close: real.close,
  } as NodeRpc;
  const lines: Line[] = [];
  const stop = new AbortController();
  let address = '';
  const ended = runRfc12Member({
    ...{ file, secret: own, nodes: [node, node], stateFolder: join(folder, 'state'), openChannel },
    ...{ listen: ['/ip4/127.0.0.1/tcp/0'], retransmission: 'standard', generate: null, execute: null },
    ...{ http: null, say: (line: Line) => lines.push(line), signal: stop.signal },
    opened: (open) => {
      address = open.addresses[0] ?? '';
    },
  });
  await until('it listens', () => address !== '');
  const channel = await openChannel({
    name: file.channel,
    group: {
      seat: file.operators.indexOf(OTHER),
      members: file.operators.map((operator, seat) => ({
        ...{ seat, operator, addresses: operator === OWN ? [address] : [] },
      })),
    },
    ...{ secret: other, limits: { redial: { firstMs: 50, lastMs: 200 } } },
    events: { arrived: () => undefined, refused: () => undefined },
  });
  try {
    await until('both are connected', () => lines.some(({ event }) => event === 'peer-connected'));
    const payload = encodeMessage({
      ...{ senderSeat: 2, coordinationBlock: 45n, keyHash: file.group.keyHash },
      proposal: { action: 'noop' },
    });
    const send = () => channel.broadcast({ type: MESSAGE_TYPE, payload });
    reach(45);
    await asked.promise;
    send();
    await sleep(500);
    goOn.resolve();
    await until('window 1 opens', () => lines.some(({ event }) => event === 'window'));
    // The leader repeats its message.
    await until('window 1 ends', () => {
      send();
      return lines.some(({ event }) => event === 'outcome');
    });
    assert.equal(lines.find(({ event }) => event === 'outcome')?.fields.result, 'noop');
    assert.ok(!lines.some(({ event }) => event === 'fault'), 'the leader is not called idle');
  } finally {
    stop.abort();
    await channel.close();
    await ended;
    real.close();
    await chain.close();
    rmSync(folder, { recursive: true });
  }
});
