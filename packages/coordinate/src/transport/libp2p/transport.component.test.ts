import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MAX_ENCODED_FRAME_BYTES } from '../frame-codec.ts';
import { MAX_FRAME_BYTES } from '../port.ts';
import { conformanceKey } from '../testing/conformance-group.ts';
import { until } from '../testing/until.ts';
import { MEMBER_KEYS, type Peer, type PeerOptions, withPeers, withTwo } from './testing/members.ts';

const OUTSIDER = conformanceKey(90);

const stateOf = ({ mesh }: Peer, seat: number) => mesh.peers().find((state) => state.seat === seat);

/** Waits until each of two members has heard a text of the other. */
async function hearEachOther(one: Peer, other: Peer, text: string): Promise<void> {
  await until(`both have heard: ${text}`, () => {
    for (const peer of [one, other]) peer.say(text);
    return (
      one.heard.includes(`${other.mesh.seat}:${text}`) && other.heard.includes(`${one.mesh.seat}:${text}`)
    );
  });
}

describe('the libp2p transport', () => {
  test('members hear each other with the seat of the author, up to the largest frame, and not themselves', () =>
    withTwo({}, async (zero, one) => {
      await hearEachOther(zero, one, 'hello');
      for (const [peer, seat] of [
        [zero, 1],
        [one, 0],
      ] as const) {
        assert.ok(
          peer.heard.every((text) => text.startsWith(`${seat}:`)),
          'no member hears itself',
        );
        assert.ok((stateOf(peer, seat)?.arrived ?? 0) >= 1);
      }
      const payload = new Uint8Array(MAX_FRAME_BYTES).fill(0x61);
      zero.mesh.broadcast({ type: 't', payload });
      await until('the largest frame has arrived', () =>
        one.heard.some((text) => text.length === '0:'.length + MAX_FRAME_BYTES),
      );
      const larger = new Uint8Array(MAX_FRAME_BYTES + 1);
      assert.throws(() => zero.mesh.broadcast({ type: 't', payload: larger }), RangeError);
    }));

  const outsiders: readonly (readonly [string, number, PeerOptions, string])[] = [
    ['a key of a non-member at a further seat', 3, { keys: [...MEMBER_KEYS, OUTSIDER] }, 'not-a-member null'],
    [
      'a key of a non-member at the seat of a member',
      0,
      { keys: [OUTSIDER, ...MEMBER_KEYS.slice(1)] },
      'bad-signature null',
    ],
    ['a member of another group', 0, { groupByte: 2 }, 'wrong-group null'],
  ];
  for (const [name, seat, options, reason] of outsiders)
    test(`refused: ${name}; it hears no member, and no member hears it`, () =>
      withPeers(async (open) => {
        const two = await open(2);
        const one = await open(1, { addresses: { 2: two.address } });
        const outsider = await open(seat, { ...options, addresses: { 1: one.address, 2: two.address } });
        await until('it is refused by both', () => {
          outsider.say('let me in');
          return [one, two].every(({ refused }) => refused.includes(reason));
        });
        await hearEachOther(one, two, 'among us');
        for (const { heard } of [one, two]) assert.ok(heard.every((text) => !text.includes('let me in')));
        assert.deepEqual(outsider.heard, []);
        assert.equal(outsider.isConnectedTo(1), false);
        assert.equal(outsider.isConnectedTo(2), false);
      }));

  test('a frame that is too large or malformed is refused, and its sender is heard again', () =>
    withTwo({}, async (zero, one) => {
      const cases = [
        ['malformed', new Uint8Array(0)],
        ['malformed', Uint8Array.of(9, 0x61)],
        ['too-large', new Uint8Array(MAX_ENCODED_FRAME_BYTES + 1).fill(1)],
      ] as const;
      for (const [index, [reason, bytes]] of cases.entries()) {
        zero.mesh.broadcastBytes(bytes);
        await until(`${reason} is refused`, () => one.refused.length > index);
        assert.equal(one.refused[index], `${reason} 0`);
        assert.equal(stateOf(one, 0)?.refused, index + 1, 'the sender is charged with it');
        await hearEachOther(zero, one, `after ${index}`);
      }
    }));

  for (const [name, seat] of [
    ['the one that dials', 0],
    ['the one that is dialed', 1],
  ] as const)
    test(`a member that restarts hears and is heard again: ${name}`, () =>
      withTwo({}, async (zero, one, open) => {
        const [leaver, stays] = seat === 0 ? [zero, one] : [one, zero];
        await Promise.all([leaver.mesh.close(), leaver.mesh.close()]);
        const { length } = leaver.heard;
        leaver.say('from beyond');
        await until('the other sees it go', () => !stays.isConnectedTo(seat));
        const again = await open(seat, {
          listen: leaver.address,
          addresses: seat === 0 ? { 1: one.address } : {},
        });
        await until(
          'it is connected again',
          () => again.isConnectedTo(1 - seat) && stays.isConnectedTo(seat),
        );
        await hearEachOther(again, stays, 'back');
        assert.ok(!stays.heard.includes(`${seat}:from beyond`), 'a closed transport is silent');
        assert.equal(leaver.heard.length, length);
      }));

  test('a closed transport leaves no connection and no timer open', async () => {
    const before = openHandles();
    await withTwo({}, async (zero, one) => hearEachOther(zero, one, 'hello'));
    await until('sockets and timers are gone', () => openHandles() <= before);
  });
});

function openHandles(): number {
  const kinds = ['TCPSocketWrap', 'TCPServerWrap', 'TCPConnectWrap', 'Timeout', 'Immediate'];
  return process.getActiveResourcesInfo().filter((kind) => kinds.includes(kind)).length;
}
