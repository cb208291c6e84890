import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { OperatorKey } from '../../keys/port.ts';
import { MAX_ENCODED_FRAME_BYTES } from '../frame-codec.ts';
import { DEFAULT_LIMITS, type TransportLimits } from '../limits.ts';
import { type Arrival, MAX_FRAME_BYTES, type Transport } from '../port.ts';
import { conformanceGroup, conformanceKey } from '../testing/conformance-group.ts';
import { until } from '../testing/until.ts';
import { type Libp2pMesh, openLibp2p } from './transport.ts';

/** The member that joins, and its view of the group. */
interface Joining {
  readonly seat: number;
  /** The keys of the seats, as the one who joins has them. */
  readonly keys?: readonly OperatorKey[];
  /** Fills the group id. */
  readonly groupByte?: number;
  /** Whether others can dial it; an outsider only dials. */
  readonly isListed?: boolean;
  readonly limits?: Partial<TransportLimits>;
}

type Join = (who: Joining) => Promise<Observed>;

/** A member under observation. */
interface Observed {
  readonly transport: Libp2pMesh;
  readonly heard: readonly Arrival[];
  /** The frames that were heard of a seat, as text, without repeats, in order. */
  from(seat: number): readonly string[];
  say(text: string): void;
}

const SEATS = [0, 1, 2, 3] as const;
const KEYS = SEATS.map(conformanceKey);
const TYPE = 'watchbill/conformance';
const OUTSIDER = conformanceKey(90);

/** Short waits, so that a check of a restart is done soon. */
const LIMITS: Partial<TransportLimits> = { redial: { firstMs: 20, lastMs: 200 }, closeMs: 2_000 };

describe('the libp2p transport', () => {
  test('all members hear each other, with the seat of the author', () => onLoopback(everyoneHears));
  test('a key of a non-member is refused, for any claimed seat', () => onLoopback(outsiderStaysOut));
  test('a member of another group is refused', () => onLoopback(otherGroupStaysOut));
  test('a frame that is too large or malformed is refused, and its sender is heard again', () =>
    onLoopback(badBytes));
  test('a member that floods is limited to its quota and does not block the others', () => onLoopback(flood));
  test('a member that restarts hears and is heard again', () => onLoopback(restart));
  test('a closed transport is silent, and leaves no connection open', () => onLoopback(closing));
});

/** Real sockets on 127.0.0.1. Closes everything after the check, and no socket may be left open. */
async function onLoopback(run: (join: Join) => Promise<void>): Promise<void> {
  const before = openHandles();
  const addresses = new Map<number, string>();
  const opened: Libp2pMesh[] = [];
  const join: Join = async ({ seat, keys = KEYS, groupByte = 1, isListed = true, limits = {} }) => {
    const key = keys[seat];
    assert.ok(key !== undefined);
    const heard: Arrival[] = [];
    const addressesOf = (other: number) => {
      const address = isListed || other !== seat ? addresses.get(other) : undefined;
      return address === undefined ? [] : [address];
    };
    const transport = await openLibp2p({
      ...{ group: conformanceGroup(seat, { keys, groupByte, addressesOf }), key },
      events: { arrived: (arrival) => void heard.push(arrival) },
      limits: { ...DEFAULT_LIMITS, ...LIMITS, ...limits },
      listen: isListed ? [addresses.get(seat) ?? '/ip4/127.0.0.1/tcp/0'] : [],
    });
    opened.push(transport);
    const [address] = transport.addresses;
    if (address !== undefined && isListed) addresses.set(seat, address);
    return {
      transport,
      heard,
      from: (of) => [
        ...new Set(heard.filter((each) => each.seat === of).map(({ frame }) => textOf(frame.payload))),
      ],
      say: (text) => transport.broadcast({ type: TYPE, payload: Uint8Array.from(Buffer.from(text)) }),
    };
  };
  try {
    await run(join);
  } finally {
    await Promise.all(opened.map((transport) => transport.close()));
  }
  await until('sockets and timers are gone', () => openHandles() <= before);
}

function openHandles(): number {
  const kinds = ['TCPSocketWrap', 'TCPServerWrap', 'TCPConnectWrap', 'Timeout', 'Immediate'];
  return process.getActiveResourcesInfo().filter((kind) => kinds.includes(kind)).length;
}

async function everyoneHears(join: Join): Promise<void> {
  const members = await four(join);
  for (const member of members) member.say(`from ${member.transport.seat}`);
  await until('all have heard all', () => members.every((member) => hearsAll(member, 'from')));
  for (const member of members) {
    assert.ok(member.heard.every(({ frame }) => frame.type === TYPE));
    assert.deepEqual(member.from(member.transport.seat), [], 'no member hears itself');
    const counts = member.transport
      .peers()
      .map(({ seat, isConnected, arrived }) => [seat, isConnected, arrived >= 1]);
    assert.deepEqual(
      counts,
      SEATS.filter((seat) => seat !== member.transport.seat).map((seat) => [seat, true, true]),
    );
  }
  const large = new Uint8Array(MAX_FRAME_BYTES).fill(0x61);
  at(members, 0).transport.broadcast({ type: TYPE, payload: large });
  await until('the largest frame has arrived', () =>
    members.slice(1).every((member) => member.from(0).some((text) => text.length === MAX_FRAME_BYTES)),
  );
  assert.throws(
    () => at(members, 0).transport.broadcast({ type: TYPE, payload: new Uint8Array(MAX_FRAME_BYTES + 1) }),
    RangeError,
  );
}

async function outsiderStaysOut(join: Join): Promise<void> {
  const members = await four(join);
  const beside = await join({ keys: [...KEYS, OUTSIDER], seat: 4, isListed: false });
  const instead = await join({ keys: [OUTSIDER, ...KEYS.slice(1)], seat: 0, isListed: false });
  await refusedBy(members, [beside, instead], ['not-a-member', 'bad-signature']);
}

async function otherGroupStaysOut(join: Join): Promise<void> {
  const members = await started(join, SEATS.slice(1));
  const other = await join({ seat: 0, groupByte: 2, isListed: false });
  await refusedBy(members, [other], ['wrong-group']);
}

async function badBytes(join: Join): Promise<void> {
  const members = await four(join);
  const [sender, ...others] = members;
  assert.ok(sender !== undefined);
  const cases = [
    ['malformed', new Uint8Array(0)],
    ['malformed', Uint8Array.of(9, 0x61)],
    ['too-large', new Uint8Array(MAX_ENCODED_FRAME_BYTES + 1).fill(1)],
  ] as const;
  for (const [index, [reason, bytes]] of cases.entries()) {
    const before = others.map(({ transport }) => transport.refusals().get(reason) ?? 0);
    sender.transport.broadcastBytes(bytes);
    await until(`${reason} is counted by all`, () =>
      others.every(({ transport }, at) => (transport.refusals().get(reason) ?? 0) > (before[at] ?? 0)),
    );
    assert.ok(
      others.every((member) => (stateOf(member, 0)?.refused ?? 0) > index),
      'the sender is charged with it',
    );
    await until('the sender is heard again', () => {
      sender.say(`after ${index}`);
      return others.every((member) => member.from(0).includes(`after ${index}`));
    });
  }
}

async function flood(join: Join): Promise<void> {
  const burst = 20;
  const limits = { quota: { perSecond: 0.001, burst } };
  const members = await four(join, limits);
  const [flooder, quiet, ...others] = members;
  assert.ok(flooder !== undefined && quiet !== undefined);
  for (let i = 0; i < 10 * burst; i++) flooder.say(`flood ${i}`);
  for (let i = 0; i < 5; i++) quiet.say(`quiet ${i}`);
  await until('the quiet member is heard and the flood refused', () =>
    others.every(
      (member) =>
        member.from(1).length === 5 &&
        (member.transport.refusals().get('over-quota') ?? 0) > 0 &&
        // A frame over the quota is refused at once; the others are looked at first.
        (stateOf(member, 0)?.arrived ?? 0) >= burst,
    ),
  );
  // A frame that another member passed on and that came first counts in the share of that member.
  const most = burst * (members.length - 1);
  for (const member of others) {
    assert.ok((stateOf(member, 0)?.arrived ?? most + 1) <= most);
    assert.equal(stateOf(member, 1)?.refused, 0);
  }
}

async function restart(join: Join): Promise<void> {
  const members = await four(join);
  for (const seat of [3, 0]) {
    await at(members, seat).transport.close();
    const others = members.filter((_, index) => index !== seat);
    await until('the others see it go', () =>
      others.every((member) => stateOf(member, seat)?.isConnected === false),
    );
    const again = await join({ seat });
    members[seat] = again;
    await until('it is connected again', () => [again, ...others].every(isComplete));
    again.say('back');
    for (const member of others) member.say('welcome');
    await until('it is heard and hears', () =>
      others.every(
        (member) =>
          member.from(seat).includes('back') && again.from(member.transport.seat).includes('welcome'),
      ),
    );
  }
}

async function closing(join: Join): Promise<void> {
  const members = await four(join);
  const [leaver, ...others] = members;
  assert.ok(leaver !== undefined);
  await Promise.all([leaver.transport.close(), leaver.transport.close()]);
  leaver.say('from beyond');
  for (const member of others) member.say('after it left');
  await until('the others hear each other', () =>
    others.every((member) =>
      others.every((other) => other === member || member.from(other.transport.seat).length > 0),
    ),
  );
  assert.deepEqual(leaver.heard, []);
  assert.ok(others.every((member) => member.from(0).length === 0));
}

async function refusedBy(
  members: readonly Observed[],
  outsiders: readonly Observed[],
  reasons: readonly ('not-a-member' | 'bad-signature' | 'wrong-group')[],
): Promise<void> {
  await until('every outsider is refused for its reason', () => {
    for (const outsider of outsiders) outsider.say('let me in');
    return reasons.every((reason) =>
      members.every(({ transport }) => reasonsTogether(transport, reason, reasons) > 0),
    );
  });
  for (const member of members) member.say('among us');
  await until('the members hear each other', () =>
    members.every((member) =>
      members.every((other) => other === member || member.from(other.transport.seat).includes('among us')),
    ),
  );
  for (const member of members)
    assert.ok(member.heard.every(({ frame }) => textOf(frame.payload) !== 'let me in'));
  for (const outsider of outsiders) {
    assert.deepEqual(outsider.heard, [], 'an outsider gets no message');
    assert.ok(outsider.transport.peers().every(({ isConnected }) => !isConnected));
  }
}

/** A transport names the same outsider by one of the reasons, so they count together. */
function reasonsTogether(
  transport: Transport,
  reason: 'not-a-member' | 'bad-signature' | 'wrong-group',
  reasons: readonly ('not-a-member' | 'bad-signature' | 'wrong-group')[],
): number {
  const all = reason === 'wrong-group' ? [reason] : reasons;
  return all.reduce((sum, one) => sum + (transport.refusals().get(one) ?? 0), 0);
}

/** All four, connected to each other. */
function four(join: Join, limits: Partial<TransportLimits> = {}): Promise<Observed[]> {
  return started(join, SEATS, limits);
}

/**
 * Members at these seats, started from the last one on, since the lower seat dials, and connected to each
 * other.
 */
async function started(
  join: Join,
  seats: readonly number[],
  limits: Partial<TransportLimits> = {},
): Promise<Observed[]> {
  const members: Observed[] = [];
  for (const seat of [...seats].reverse()) members.unshift(await join({ seat, limits }));
  await until('all are connected', () =>
    members.every((member) =>
      seats.every((seat) => seat === member.transport.seat || stateOf(member, seat)?.isConnected),
    ),
  );
  return members;
}

function hearsAll(member: Observed, word: string): boolean {
  const others = SEATS.filter((seat) => seat !== member.transport.seat);
  return others.every((seat) => member.from(seat).includes(`${word} ${seat}`));
}

function isComplete({ transport }: Observed): boolean {
  return transport.peers().every(({ isConnected }) => isConnected);
}

function stateOf(member: Observed, seat: number) {
  return member.transport.peers().find((state) => state.seat === seat);
}

function at(members: readonly Observed[], seat: number): Observed {
  const member = members[seat];
  assert.ok(member !== undefined);
  return member;
}

function textOf(payload: Uint8Array): string {
  return Buffer.from(payload).toString();
}
