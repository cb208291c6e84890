import assert from 'node:assert/strict';
import type { OperatorKey } from '../../keys/port.ts';
import { MAX_ENCODED_FRAME_BYTES } from '../frame-codec.ts';
import type { TransportLimits } from '../limits.ts';
import { type Arrival, MAX_FRAME_BYTES, type Transport, type TransportEvents } from '../port.ts';
import { conformanceKey } from './conformance-group.ts';

/** The member that joins, and its view of the group. */
export interface JoinRequest {
  /** The keys of the seats, as the one who joins has them. */
  readonly keys: readonly OperatorKey[];
  readonly seat: number;
  /** Fills the group id. */
  readonly groupByte: number;
  /** Whether others can dial it; an outsider only dials. */
  readonly isListed: boolean;
  readonly events: TransportEvents;
  readonly limits: Partial<TransportLimits>;
}

/** A transport, and a way past its own encoder. */
export interface JoinedTransport extends Transport {
  broadcastBytes(bytes: Uint8Array): void;
}

/** One network, for one check. */
export interface World {
  join(request: JoinRequest): Promise<JoinedTransport>;
  /** Resolves when the condition holds; rejects with its name if it does not hold in time. */
  until(what: string, condition: () => boolean): Promise<void>;
}

export interface Check {
  readonly name: string;
  run(world: World): Promise<void>;
}

/** A member under observation. */
interface Observed {
  readonly transport: JoinedTransport;
  readonly heard: readonly Arrival[];
  /** The frames that were heard of a seat, as text, without repeats, in order. */
  from(seat: number): readonly string[];
  say(text: string): void;
}

const SEATS = [0, 1, 2, 3] as const;
const KEYS = SEATS.map(conformanceKey);
const TYPE = 'watchbill/conformance';
const OUTSIDER = conformanceKey(90);

/** The checks for every transport. Each opens its own network of up to four members and closes it. */
export const transportChecks: readonly Check[] = [
  { name: 'all members hear each other, with the seat of the author', run: everyoneHears },
  { name: 'a key of a non-member is refused, for any claimed seat', run: outsiderStaysOut },
  { name: 'a member of another group is refused', run: otherGroupStaysOut },
  { name: 'a frame that is too large or malformed is refused, and its sender is heard again', run: badBytes },
  { name: 'a member that floods is limited to its quota and does not block the others', run: flood },
  { name: 'a member that restarts hears and is heard again', run: restart },
  { name: 'a closed transport is silent, and leaves no connection open', run: closing },
];

async function everyoneHears(world: World): Promise<void> {
  const members = await four(world);
  for (const member of members) member.say(`from ${member.transport.seat}`);
  await world.until('all have heard all', () => members.every((member) => hearsAll(member, 'from')));
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
  await world.until('the largest frame has arrived', () =>
    members.slice(1).every((member) => member.from(0).some((text) => text.length === MAX_FRAME_BYTES)),
  );
  assert.throws(
    () => at(members, 0).transport.broadcast({ type: TYPE, payload: new Uint8Array(MAX_FRAME_BYTES + 1) }),
    RangeError,
  );
}

async function outsiderStaysOut(world: World): Promise<void> {
  const members = await four(world);
  const beside = await joined(world, { keys: [...KEYS, OUTSIDER], seat: 4, isListed: false });
  const instead = await joined(world, { keys: [OUTSIDER, ...KEYS.slice(1)], seat: 0, isListed: false });
  await refusedBy(world, members, [beside, instead], ['not-a-member', 'bad-signature']);
}

async function otherGroupStaysOut(world: World): Promise<void> {
  const members = await started(world, SEATS.slice(1));
  const other = await joined(world, { seat: 0, groupByte: 2, isListed: false });
  await refusedBy(world, members, [other], ['wrong-group']);
}

async function badBytes(world: World): Promise<void> {
  const members = await four(world);
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
    await world.until(`${reason} is counted by all`, () =>
      others.every(({ transport }, at) => (transport.refusals().get(reason) ?? 0) > (before[at] ?? 0)),
    );
    assert.ok(
      others.every((member) => (stateOf(member, 0)?.refused ?? 0) > index),
      'the sender is charged with it',
    );
    await world.until('the sender is heard again', () => {
      sender.say(`after ${index}`);
      return others.every((member) => member.from(0).includes(`after ${index}`));
    });
  }
}

async function flood(world: World): Promise<void> {
  const burst = 20;
  const limits = { quota: { perSecond: 0.001, burst } };
  const members = await four(world, limits);
  const [flooder, quiet, ...others] = members;
  assert.ok(flooder !== undefined && quiet !== undefined);
  for (let i = 0; i < 10 * burst; i++) flooder.say(`flood ${i}`);
  for (let i = 0; i < 5; i++) quiet.say(`quiet ${i}`);
  await world.until('the quiet member is heard and the flood refused', () =>
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

async function restart(world: World): Promise<void> {
  const members = await four(world);
  for (const seat of [3, 0]) {
    await at(members, seat).transport.close();
    const others = members.filter((_, index) => index !== seat);
    await world.until('the others see it go', () =>
      others.every((member) => stateOf(member, seat)?.isConnected === false),
    );
    const again = await joined(world, { seat });
    members[seat] = again;
    await world.until('it is connected again', () => [again, ...others].every(isComplete));
    again.say('back');
    for (const member of others) member.say('welcome');
    await world.until('it is heard and hears', () =>
      others.every(
        (member) =>
          member.from(seat).includes('back') && again.from(member.transport.seat).includes('welcome'),
      ),
    );
  }
}

async function closing(world: World): Promise<void> {
  const members = await four(world);
  const [leaver, ...others] = members;
  assert.ok(leaver !== undefined);
  await Promise.all([leaver.transport.close(), leaver.transport.close()]);
  leaver.say('from beyond');
  for (const member of others) member.say('after it left');
  await world.until('the others hear each other', () =>
    others.every((member) =>
      others.every((other) => other === member || member.from(other.transport.seat).length > 0),
    ),
  );
  assert.deepEqual(leaver.heard, []);
  assert.ok(others.every((member) => member.from(0).length === 0));
}

async function refusedBy(
  world: World,
  members: readonly Observed[],
  outsiders: readonly Observed[],
  reasons: readonly ('not-a-member' | 'bad-signature' | 'wrong-group')[],
): Promise<void> {
  await world.until('every outsider is refused for its reason', () => {
    for (const outsider of outsiders) outsider.say('let me in');
    return reasons.every((reason) =>
      members.every(({ transport }) => reasonsTogether(transport, reason, reasons) > 0),
    );
  });
  for (const member of members) member.say('among us');
  await world.until('the members hear each other', () =>
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
function four(world: World, limits: Partial<TransportLimits> = {}): Promise<Observed[]> {
  return started(world, SEATS, limits);
}

/**
 * Members at these seats, started from the last one on, since the lower seat dials, and connected to each
 * other.
 */
async function started(
  world: World,
  seats: readonly number[],
  limits: Partial<TransportLimits> = {},
): Promise<Observed[]> {
  const members: Observed[] = [];
  for (const seat of [...seats].reverse()) members.unshift(await joined(world, { seat, limits }));
  await world.until('all are connected', () =>
    members.every((member) =>
      seats.every((seat) => seat === member.transport.seat || stateOf(member, seat)?.isConnected),
    ),
  );
  return members;
}

async function joined(
  world: World,
  who: Partial<JoinRequest> & Pick<JoinRequest, 'seat'>,
): Promise<Observed> {
  const heard: Arrival[] = [];
  const events: TransportEvents = { arrived: (arrival) => void heard.push(arrival) };
  const transport = await world.join({
    keys: KEYS,
    groupByte: 1,
    isListed: true,
    limits: {},
    ...who,
    events,
  });
  return {
    transport,
    heard,
    from: (seat) => [
      ...new Set(heard.filter((each) => each.seat === seat).map(({ frame }) => textOf(frame.payload))),
    ],
    say: (text) => transport.broadcast({ type: TYPE, payload: Uint8Array.from(Buffer.from(text)) }),
  };
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
