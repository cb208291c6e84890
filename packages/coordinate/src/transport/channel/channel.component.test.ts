import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { generateKeyPair } from '@libp2p/crypto/keys';
import { multiaddr } from '@multiformats/multiaddr';
import { ethereumAddress, keyFromSecret } from '@watchbill/chain/keys';
import { field } from '@watchbill/kit/testing';
import { newNode } from '../libp2p/node.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { until } from '../testing/until.ts';
import { openChannel } from './channel.ts';
import { encodeEnvelope, MAX_CHANNEL_PAYLOAD_BYTES, MAX_PACKET_BYTES } from './envelope.ts';
import { CHANNEL, type Operator, SECRETS, secretOf, withOperators } from './testing/channel-members.ts';

const PAYLOAD = Uint8Array.of(0xaa, 0xbb);
const publicKeyOf = (seat: number) =>
  keyFromSecret('secp256k1', SECRETS[seat] ?? new Uint8Array(32)).publicKey;
const isConnected = ({ channel }: Operator, seat: number) =>
  channel.peers().some((peer) => peer.seat === seat && peer.isConnected);
const addressOf = ({ channel }: Operator) => channel.addresses[0] ?? '';

/** Operators 0 and 1, connected. */
function withTwo(run: (zero: Operator, one: Operator) => Promise<void>): Promise<void> {
  return withOperators(async (open) => {
    const one = await open(1);
    const zero = await open(0, { addresses: { 1: addressOf(one) } });
    await until('both are connected', () => isConnected(zero, 1) && isConnected(one, 0));
    await run(zero, one);
  });
}

describe('a channel of keep-core', () => {
  test('an operator is heard under its address; a repeat is refused, and the next window begins anew', () =>
    withTwo(async (zero, one) => {
      zero.channel.broadcast({ type: 't', payload: PAYLOAD });
      await until('it is heard', () => one.heard.length === 1);
      zero.channel.broadcast({ type: 't', payload: PAYLOAD });
      await until('the repeat is refused', () => one.refused.length > 0);
      assert.deepEqual(one.refused, ['duplicate 0']);
      one.channel.windowBegins();
      zero.channel.broadcast({ type: 't', payload: PAYLOAD });
      await until('it is heard again', () => one.heard.length === 2);
      assert.deepEqual(one.heard[1], { seat: 0, type: 't', payload: PAYLOAD });
    }));

  test('the peer id is that of the operator key', async () => {
    await withOperators(async (open) => {
      const { channel } = await open(0);
      // An identity multihash (00) of 37 (25) bytes: the public key as libp2p writes it.
      const multihash = `002508021221${Buffer.from(publicKeyOf(0)).toString('hex')}`;
      assert.equal(Buffer.from(channel.node.peerId.toMultihash().bytes).toString('hex'), multihash);
      assert.match(channel.peerId, /^16Uiu2HA/);
    });
  });

  test('only FloodSub is spoken, and a message reaches an operator through another', () =>
    withOperators(async (open) => {
      const middle = await open(1);
      const addresses = { 1: addressOf(middle) };
      const [zero, two] = [await open(0, { addresses }), await open(2, { addresses })];
      await until('both reach the one between', () => isConnected(middle, 0) && isConnected(middle, 2));
      await until('and it reaches both', () => isConnected(zero, 1) && isConnected(two, 1));
      const spoken = middle.channel.node.getProtocols().filter((name) => /sub/.test(name));
      assert.deepEqual(spoken, ['/floodsub/1.0.0']);
      zero.channel.broadcast({ type: 't', payload: PAYLOAD });
      await until('it comes through', () => two.heard.length === 1);
      assert.equal(two.heard[0]?.seat, 0);
      assert.equal(isConnected(zero, 2), false);
    }));

  test('the largest message arrives whole, and a larger one is not sent', () =>
    withTwo(async (zero, one) => {
      const payload = new Uint8Array(MAX_CHANNEL_PAYLOAD_BYTES).fill(7);
      zero.channel.broadcast({ type: 'tbtc/coordination_message', payload });
      await until('it is heard', () => one.heard.length === 1);
      assert.deepEqual(one.heard[0]?.payload, payload);
      const larger = new Uint8Array(MAX_CHANNEL_PAYLOAD_BYTES + 1);
      assert.throws(() => zero.channel.broadcast({ type: 't', payload: larger }), RangeError);
    }));

  test('bytes that are not an envelope of their author are refused', () =>
    withTwo(async (zero, one) => {
      const envelope = { publicKey: publicKeyOf(0), payload: PAYLOAD, type: 't', sequence: 1n };
      const wrong: readonly (readonly [Uint8Array, string])[] = [
        [Uint8Array.of(0xff), 'malformed 0'],
        [encodeEnvelope({ ...envelope, publicKey: publicKeyOf(1) }), 'bad-signature 0'],
        [encodeEnvelope({ ...envelope, publicKey: publicKeyOf(0).subarray(1) }), 'wrong-key 0'],
      ];
      for (const [bytes, reason] of wrong) {
        zero.channel.broadcastBytes(bytes);
        await until(`${reason} is refused`, () => one.refused.includes(reason));
      }
      assert.equal(one.heard.length, 0);
    }));

  test('a member that floods uses up its quota', () =>
    withTwo(async (zero, one) => {
      for (let sequence = 1n; sequence <= 140n; sequence++) {
        const envelope = { publicKey: publicKeyOf(0), payload: PAYLOAD, type: 't', sequence };
        zero.channel.broadcastBytes(encodeEnvelope(envelope));
        if (sequence % 40n === 0n)
          await until('they are out', () => one.heard.length + one.refused.length >= sequence);
      }
      await until('its share is over', () => one.refused.includes('over-quota 0'));
    }));

  test('a message on the channel of another wallet is not heard', () =>
    withOperators(async (open) => {
      const one = await open(1);
      const zero = await open(0, { name: 'tbtc-04bb-coordination', addresses: { 1: addressOf(one) } });
      await until('they are connected', () => zero.channel.node.getConnections().length > 0);
      const other = await open(2, { addresses: { 1: addressOf(one) } });
      await until('another is ready', () => isConnected(other, 1) && isConnected(one, 2));
      zero.channel.broadcast({ type: 't', payload: PAYLOAD });
      other.channel.broadcast({ type: 't', payload: PAYLOAD });
      await until('that one is heard', () => one.heard.length > 0);
      assert.deepEqual(one.heard.map(field('seat')), [2]);
    }));
});

describe('a peer that is not an operator', () => {
  test('of another secp256k1 key loses its connection', () =>
    withOperators(async (open) => {
      const one = await open(1);
      const stranger = await open(0, {
        secrets: [secretOf(9), ...SECRETS.slice(1)],
        addresses: { 1: addressOf(one) },
      });
      await until('it is refused', () => one.refused.length > 0);
      assert.equal(one.refused[0], 'not-a-member null');
      await until('it is cut off', () => one.channel.node.getConnections().length === 0);
      stranger.channel.broadcast({ type: 't', payload: PAYLOAD });
      assert.equal(one.heard.length, 0);
    }));

  test('of another kind of key loses its connection', () =>
    withOperators(async (open) => {
      const one = await open(1);
      const node = await newNode({
        topic: CHANNEL,
        memberCount: 4,
        listen: [],
        limits: DEFAULT_LIMITS,
        isAdmitted: async () => true,
        flood: { privateKey: await generateKeyPair('Ed25519'), maxPacketBytes: MAX_PACKET_BYTES },
      });
      await node.start();
      try {
        await node.dial(multiaddr(addressOf(one)));
        await until('it is refused', () => one.refused.includes('wrong-key null'));
        await until('it is cut off', () => one.channel.node.getConnections().length === 0);
      } finally {
        await node.stop();
      }
    }));

  test('cannot open the channel of the group', async () => {
    const members = [{ seat: 0, operator: '0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf', addresses: [] }];
    const settings = { name: CHANNEL, group: { seat: 0, members }, events: { arrived: () => undefined } };
    await assert.rejects(openChannel({ ...settings, secret: secretOf(9) }), RangeError);
    const channel = await openChannel({ ...settings, secret: secretOf(1) });
    await channel.close();
  });

  test('an address of another operator that is not a multiaddr is refused before the node starts', async () => {
    const members = [1, 2].map((last, seat) => ({
      seat,
      operator: ethereumAddress(keyFromSecret('secp256k1', secretOf(last)).publicKey),
      addresses: [seat === 0 ? '/ip4/127.0.0.1/tcp/1' : 'host:7400'],
    }));
    const settings = { name: CHANNEL, group: { seat: 0, members }, events: { arrived: () => undefined } };
    // An address of documentation (RFC 5737), where a node that starts cannot listen.
    const listen = ['/ip4/192.0.2.1/tcp/0'];
    await assert.rejects(openChannel({ ...settings, secret: secretOf(1), listen }), /multiaddr/i);
  });
});
