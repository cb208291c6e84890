import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import { pipeline } from 'node:stream';
import { describe, test } from 'node:test';
import type { Connection } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import { field, listening } from '@watchbill/kit/testing';
import { limitsFrom } from '../limits.ts';
import { conformanceGroup, conformanceKey } from '../testing/conformance-group.ts';
import { until } from '../testing/until.ts';
import { IDENTITY_PROTOCOL } from './identity-exchange.ts';
import { type Node, newNode } from './node.ts';
import { withPeers, withTwo } from './testing/members.ts';
import { openLibp2p, topicOf } from './transport.ts';

const TOPIC = topicOf(conformanceGroup(0, { keys: [conformanceKey(0)] }).groupId);

/** A node that speaks gossip and has no operator key. */
async function withOutsider(run: (outsider: Node, heard: readonly string[]) => Promise<void>): Promise<void> {
  const outsider = await newNode({
    topic: TOPIC,
    memberCount: 3,
    listen: [],
    limits: limitsFrom(),
    isAdmitted: async () => true,
  });
  const heard: string[] = [];
  outsider.services.pubsub.addEventListener('message', ({ detail }) => void heard.push(String(detail.data)));
  await outsider.start();
  outsider.services.pubsub.subscribe(TOPIC);
  try {
    await run(outsider, heard);
  } finally {
    await outsider.stop();
  }
}

describe('unauthenticated peers at a libp2p member', () => {
  test('a peer that shows no statement receives no frame and is not heard', () =>
    withTwo({ limits: { handshakeMs: 60_000 } }, (zero, one) =>
      withOutsider(async (outsider, heard) => {
        const connection = await outsider.dial(multiaddr(one.address));
        await outsider.services.identify.identify(connection);
        await until('gossip of the outsider turns to the member', () =>
          connection.streams.some(({ protocol }) => protocol.startsWith('/meshsub/')),
        );
        // Several rounds, since gossip with an admitted outsider takes a moment to begin.
        for (let round = 0; round < 20; round++) {
          one.say(`among us ${round}`);
          zero.say(`and this ${round}`);
          await outsider.services.pubsub.publish(TOPIC, Uint8Array.of(round));
          await until(
            'the members hear each other',
            () => zero.heard.length > round && one.heard.length > round,
          );
        }
        assert.deepEqual(heard, []);
        assert.equal(one.heard.length, 20);
        assert.deepEqual(one.refused, [], 'none of its gossip was even looked at');
      }),
    ));

  test('a peer without a statement is disconnected at the deadline', () =>
    withPeers(async (open) => {
      const one = await open(1, { limits: { handshakeMs: 3_000 } });
      await withOutsider(async (outsider) => {
        const connection = await outsider.dial(multiaddr(one.address));
        await until('it is sent away', () => connection.status !== 'open');
      });
    }));

  for (const [name, bytes] of [
    ['no statement', Uint8Array.of(0, 3, 1, 2, 3)],
    ['a length beyond every statement', Uint8Array.of(0xff, 0xff)],
    ['a large message', new Uint8Array(300).fill(1)],
  ] as const) {
    test(`a peer that shows ${name} is disconnected at once`, () =>
      withPeers(async (open) => {
        const one = await open(1, { limits: { handshakeMs: 60_000 } });
        await withOutsider(async (outsider) => {
          const connection = await outsider.dial(multiaddr(one.address));
          const stream = await connection.newStream(IDENTITY_PROTOCOL);
          stream.send(bytes);
          await until('it is sent away', () => connection.status !== 'open');
          assert.deepEqual(one.refused, ['malformed null']);
        });
      }));
  }

  test('their number is bounded; the oldest is closed', () =>
    withPeers(async (open) => {
      const one = await open(1, { limits: { handshakeMs: 60_000, unauthenticated: 2 } });
      await withOutsider((first) =>
        withOutsider((second) =>
          withOutsider(async (third) => {
            const connections: Connection[] = [];
            for (const outsider of [first, second, third]) {
              connections.push(await outsider.dial(multiaddr(one.address)));
            }
            await until('the oldest is gone', () => connections[0]?.status !== 'open');
            assert.deepEqual(connections.slice(1).map(field('status')), ['open', 'open']);
          }),
        ),
      );
    }));
});

describe('addresses of libp2p members', () => {
  test('a node with a secret keeps its peer id, and an address may name it', () =>
    withPeers(async (open) => {
      const secret = new Uint8Array(32).fill(9);
      const one = await open(1, { secret });
      const named = `${one.address}/p2p/${one.mesh.node.peerId}`;
      const zero = await open(0, { addresses: { 1: named } });
      await until('the two are connected', () => zero.isConnectedTo(1));
      await one.mesh.close();
      const again = await open(1, { secret });
      assert.equal(String(again.mesh.node.peerId), String(one.mesh.node.peerId));
      assert.notEqual(String(zero.mesh.node.peerId), String((await open(2)).mesh.node.peerId));
    }));

  test('an address that names another peer is not connected to', (context) =>
    withPeers(async (open) => {
      const one = await open(1);
      const two = await open(2);
      const [, , , , port] = one.address.split('/');
      let attempts = 0;
      const onPath = createServer((near) => {
        attempts += 1;
        pipeline(near, connect(Number(port), '127.0.0.1'), near, () => undefined);
      });
      const where = `/ip4/127.0.0.1/tcp/${await listening(onPath, context)}`;
      const zero = await open(0, { addresses: { 1: `${where}/p2p/${two.mesh.node.peerId}` } });
      // The third attempt begins after the second has failed.
      await until('it was tried three times', () => attempts >= 3);
      assert.equal(zero.isConnectedTo(1), false);
    }));

  test('if another member answers, attempts leave only the connection to it', () =>
    withPeers(async (open) => {
      const two = await open(2);
      let attempts = 0;
      two.mesh.node.addEventListener('connection:open', () => {
        attempts += 1;
      });
      const zero = await open(0, { addresses: { 1: two.address, 2: two.address } });
      await until('the two are connected', () => zero.isConnectedTo(2));
      // Among them may be one of an attempt, which ends.
      const connections = zero.mesh.node.getConnections();
      attempts = 0;
      await until('there were several attempts', () => attempts >= 6);
      assert.equal(zero.isConnectedTo(1), false);
      assert.ok(connections.some(({ status }) => status === 'open'));
      await until('the others have ended', () => two.mesh.node.getConnections().length <= 2);
    }));

  test('an invalid address is refused, and leaves no connection open', async () => {
    const addressesOf = (seat: number) => (seat === 1 ? ['127.0.0.1:4001'] : []);
    const group = conformanceGroup(0, { keys: [0, 1].map(conformanceKey), addressesOf });
    await assert.rejects(openLibp2p({ group, key: conformanceKey(0), events: { arrived: () => {} } }), Error);
  });

  test('a port that is taken is a clear error', () =>
    withPeers(async (open) => {
      const one = await open(1);
      const keys = [0, 1, 2].map(conformanceKey);
      await assert.rejects(
        openLibp2p({
          group: conformanceGroup(0, { keys }),
          key: conformanceKey(0),
          listen: [one.address],
          events: { arrived: () => {} },
        }),
        /cannot listen/,
      );
    }));
});
