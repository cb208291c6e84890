import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { multiaddr } from '@multiformats/multiaddr';
import { field } from '@watchbill/kit/testing';
import { encodeFrame } from '../frame-codec.ts';
import { signStatement } from '../statement.ts';
import { conformanceGroup, conformanceKey } from '../testing/conformance-group.ts';
import { until } from '../testing/until.ts';
import { statementPrefix } from './signed-frame.ts';
import { type Peer, withPeers, withTwo } from './testing/members.ts';
import { topicOf } from './transport.ts';

const TOPIC = topicOf(conformanceGroup(0, { keys: [conformanceKey(0)] }).groupId);

const isPing = ({ protocol }: { readonly protocol: string }) => protocol === '/ipfs/ping/1.0.0';

const signedFrame = (seat: number, keySeat: number, identity: Uint8Array, text: string): Uint8Array => {
  const issuedMs = Date.now();
  const statement = signStatement(conformanceKey(keySeat), {
    groupId: new Uint8Array(32).fill(1),
    seat,
    identity,
    issuedMs,
    expiresMs: issuedMs + 60_000,
  });
  const frame = encodeFrame({ type: 't', payload: Uint8Array.from(Buffer.from(text)) });
  return Uint8Array.from(Buffer.concat([statementPrefix(statement), frame]));
};

/** The peer that a packet comes from, and its messages. */
type Packet = readonly [from: unknown, packet: { readonly messages?: readonly unknown[] }];
type Handle = (...packet: Packet) => Promise<void>;

/** Has the packets of gossip taken by a test, which may pass them on. Returns how the member handles them. */
function onPackets({ mesh }: Peer, take: (packet: Packet, handle: Handle) => Promise<void>): Handle {
  const { pubsub } = mesh.node.services;
  assert.ok('handleReceivedRpc' in pubsub && typeof pubsub.handleReceivedRpc === 'function');
  const handle: Handle = pubsub.handleReceivedRpc.bind(pubsub);
  pubsub.handleReceivedRpc = (...packet: Packet) => take(packet, handle);
  return handle;
}

describe('gossip among members', () => {
  test('two that are not connected hear each other through a third, with the seat of the author', () =>
    withPeers(async (open) => {
      const middle = await open(1);
      const addresses = { 1: middle.address };
      const zero = await open(0, { addresses });
      const two = await open(2, { addresses });
      await until('both are connected to the third', () => middle.isConnectedTo(0, 2));
      await until('both hear each other', () => {
        zero.say('from zero');
        two.say('from two');
        return zero.heard.includes('2:from two') && two.heard.includes('0:from zero');
      });
      assert.equal(zero.isConnectedTo(2), false);
    }));

  test('two peers that stay connected as one member are reported', () =>
    withPeers(async (open) => {
      const one = await open(1, { limits: { keepAliveMs: 50 } });
      const addresses = { 1: one.address };
      const zero = await open(0, { addresses });
      const twin = await open(0, { addresses });
      await until('they are reported', () => one.refused.includes('two-processes 0'));
      await until('the first one hears the second', () => {
        twin.say('from its copy');
        return zero.refused.includes('own-key-elsewhere null');
      });
      assert.ok(
        !zero.refused.some((reason) => reason.endsWith('1')),
        'the member between them is not to blame',
      );
    }));

  test('the same packet, a second time, is heard once', () =>
    withTwo({}, async (zero, one) => {
      let packets = 0;
      onPackets(one, async (packet, handle) => {
        packets += 1;
        await handle(...packet);
        await handle(...packet);
      });
      zero.say('once');
      await until('it is heard', () => one.heard.length > 0);
      zero.say('and this');
      await until('the next one too', () => one.heard.includes('0:and this'));
      assert.ok(packets >= 2);
      assert.deepEqual(one.heard, ['0:once', '0:and this']);
    }));

  test('frames from a peer that was not admitted are ignored', () =>
    withTwo({}, async (zero, one) => {
      onPackets(one, ([, packet], handle) => handle(one.mesh.node.peerId, packet));
      zero.say('through somebody else');
      await until('it is refused', () => one.refused.length > 0);
      assert.deepEqual(one.refused, ['not-a-member null']);
      assert.deepEqual(one.heard, []);
    }));

  test('a peer that has left is not a member any more', () =>
    withTwo({}, async (zero, one) => {
      const kept: Packet[] = [];
      const handle = onPackets(one, async (packet) => {
        // Heartbeats of gossip come, too, and hold no message.
        if ((packet[1].messages ?? []).length > 0) kept.push(packet);
      });
      zero.say('kept on the way');
      await until('it is on the way', () => kept.length > 0);
      const peer = zero.mesh.node.peerId;
      await zero.mesh.close();
      await until('the other sees it go', () => !one.isConnectedTo(0));
      for (const packet of kept) await handle(...packet);
      await until('it is refused', () => one.refused.length > 0);
      assert.deepEqual(one.refused, ['not-a-member null']);
      await until('nor is it remembered', async () => !(await one.mesh.node.peerStore.has(peer)));
    }));

  test('of a member only two connections are kept, the newest', () =>
    withTwo({}, async (zero, one) => {
      let opened = 0;
      zero.mesh.node.addEventListener('connection:open', () => {
        opened += 1;
      });
      for (let i = 0; i < 4; i++) await zero.mesh.node.dial(multiaddr(one.address), { force: true });
      assert.equal(opened, 4);
      await until('the others are ended', () => one.mesh.node.getConnections().length <= 2);
      await until('it is still heard', () => {
        zero.say('through one of them');
        return one.heard.length > 0;
      });
    }));

  test('a member that goes on flooding loses its connection, and may come back', () =>
    withTwo({ limits: { quota: { perSecond: 0.001, burst: 5 } } }, async (zero, one) => {
      const [before] = one.mesh.node.getConnections();
      await until('the connection is another one', () => {
        for (let i = 0; i < 10; i++) zero.say('x');
        const [now] = one.mesh.node.getConnections();
        return now !== undefined && now.id !== before?.id;
      });
      assert.equal(one.heard.length, 5);
      assert.ok(one.refused.length > 100);
    }));

  test('a member that replays old frames of another uses up only its own quota', () =>
    withPeers(async (open) => {
      const quota = { perSecond: 0.001, burst: 20 };
      const replaying = await open(1);
      const author = await open(0, { addresses: { 1: replaying.address } });
      await until('both are connected', () => author.isConnectedTo(1) && replaying.isConnectedTo(0));
      const kept: unknown[] = [];
      onPackets(replaying, async (packet, handle) => {
        kept.push(...(packet[1].messages ?? []));
        await handle(...packet);
      });
      for (let i = 0; i < 60; i++) author.say(`old ${i}`);
      await until('the frames are kept', () => replaying.heard.length === 60);
      const addresses = { 0: author.address, 1: replaying.address };
      const isExpired = (text: string) => text.startsWith('old');
      const victim = await open(2, { addresses: { 1: addresses[1] }, limits: { quota }, isExpired });
      await until('the victim is connected', () => victim.isConnectedTo(1));
      const { pubsub } = replaying.mesh.node.services;
      assert.ok('sendRpc' in pubsub && typeof pubsub.sendRpc === 'function');
      const messages = kept.slice(0, 60);
      await until('the old frames are refused', () => {
        const rpc = { subscriptions: [], messages, control: undefined };
        (pubsub.sendRpc as (to: string, rpc: unknown) => boolean)(victim.mesh.node.peerId.toString(), rpc);
        return victim.refused.length >= 60;
      });
      assert.deepEqual([...new Set(victim.refused)], ['expired 1']);
      author.say('now');
      await until('the author is heard', () => victim.heard.includes('0:now'));
    }));

  test('frames that wait for a signature have a bound; the rest is dropped and counted', () =>
    withTwo({}, async (zero) => {
      for (let i = 0; i < 1_100; i++) zero.say('x');
      assert.equal(zero.mesh.dropped(), 1_100 - 1_024);
      await zero.mesh.close();
      const dropped = zero.mesh.dropped();
      for (let i = 0; i < 1_100; i++) zero.say('x');
      assert.equal(zero.mesh.dropped(), dropped, 'a closed transport takes nothing');
    }));

  test('a peer without a statement for its key and peer id is not heard', () =>
    withTwo({}, async (zero, one) => {
      const { pubsub } = zero.mesh.node.services;
      const peer = (who: typeof zero) => who.mesh.node.peerId.toMultihash().bytes;
      const rows: readonly (readonly [Uint8Array, string])[] = [
        [signedFrame(2, 0, peer(zero), 'as another seat'), 'bad-signature 0'],
        [signedFrame(2, 2, peer(one), 'with the statement of another peer'), 'bad-signature 0'],
        [signedFrame(1, 1, peer(zero), 'with the key of the one who hears it'), 'own-key-elsewhere null'],
        [signedFrame(1, 0, peer(zero), 'as the one who hears it, forged'), 'bad-signature 0'],
        [signedFrame(3, 3, peer(zero), 'as an outsider'), 'not-a-member 0'],
        [Uint8Array.of(), 'malformed 0'],
        [Uint8Array.of(0, 9, 1), 'malformed 0'],
      ];
      for (const [data, reason] of rows) {
        const before = one.refused.length;
        await pubsub.publish(TOPIC, data);
        await until(`it is refused: ${reason}`, () => one.refused.length > before);
        assert.equal(one.refused.at(-1), reason);
      }
      await pubsub.publish(TOPIC, signedFrame(0, 0, peer(zero), 'as itself'));
      await until('it is heard as itself', () => one.heard.length > 0);
      assert.deepEqual(one.heard, ['0:as itself']);
    }));

  test('the number of verified statements of a member is bounded', () => {
    // Its share fills again with time: none passes here.
    const atMs = Date.now();
    return withTwo({ nowMs: () => atMs }, async (zero, one) => {
      const identity = new Uint8Array(38);
      for (let i = 0; i < 120; i++) {
        identity[0] = i;
        await zero.mesh.node.services.pubsub.publish(TOPIC, signedFrame(0, 0, identity, 'x'));
      }
      await until('the rest is over its share', () => one.refused.includes('over-quota 0'));
      assert.ok(one.refused.filter((reason) => reason === 'bad-signature 0').length >= 99);
      zero.say('a known statement costs nothing');
      await until('it is heard', () => one.heard.length === 1);
    });
  });

  test('if gossip loses a peer whose connection still exists, both are restored', () =>
    withTwo({ limits: { keepAliveMs: 50 } }, async (zero, one) => {
      const { pubsub } = zero.mesh.node.services;
      assert.ok('streamsOutbound' in pubsub && pubsub.streamsOutbound instanceof Map);
      const [connection] = zero.mesh.node.getConnections();
      pubsub.streamsOutbound.clear();
      await until('the connection is another one', () => {
        const [now] = zero.mesh.node.getConnections();
        return now !== undefined && now.id !== connection?.id;
      });
      await until('it is heard again', () => {
        zero.say('back');
        return one.heard.includes('0:back');
      });
    }));

  test('overlapping pings do not end the connection', () =>
    withTwo({ limits: { keepAliveMs: 1 } }, async (zero, one) => {
      const connections = [zero, one].flatMap(({ mesh }) => mesh.node.getConnections());
      await until('several are under way at once', () =>
        connections.some(({ streams }) => streams.filter(isPing).length > 2),
      );
      await until('frames pass all the while', () => {
        one.say('x');
        return zero.heard.length > 50;
      });
      assert.deepEqual(connections.map(field('status')), ['open', 'open']);
    }));

  test('a statement is renewed before it expires, and the old one is refused then', () => {
    let atMs = 1_800_000_000_000;
    const limits = { statementMs: 1_000, clockSkewMs: 0 };
    return withTwo({ nowMs: () => atMs, limits }, async (zero, one) => {
      const identity = zero.mesh.node.peerId.toMultihash().bytes;
      const statement = signStatement(conformanceKey(0), {
        groupId: new Uint8Array(32).fill(1),
        seat: 0,
        identity,
        issuedMs: atMs,
        expiresMs: atMs + 1_000,
      });
      const old = (text: string) => {
        const frame = encodeFrame({ type: 't', payload: Uint8Array.from(Buffer.from(text)) });
        return Uint8Array.from(Buffer.concat([statementPrefix(statement), frame]));
      };
      const { pubsub } = zero.mesh.node.services;
      await pubsub.publish(TOPIC, old('in time'));
      await until('it is heard', () => one.heard.length === 1);
      atMs += 1_500;
      await pubsub.publish(TOPIC, old('too late'));
      await until('it is refused', () => one.refused.length === 1);
      zero.say('renewed');
      await until('it is heard', () => one.heard.length === 2);
      assert.deepEqual(one.heard, ['0:in time', '0:renewed']);
      assert.deepEqual(one.refused, ['bad-signature 0']);
    });
  });
});
