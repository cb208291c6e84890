import { openLibp2pTransport } from '@watchbill/coordinate/libp2p';
import { type GossipMember, gossipMember } from '@watchbill/coordinate/testing/measure-gossip';
import type { OperatorKey } from './keys.ts';

const LISTEN = '/ip4/127.0.0.1/tcp/0';
const CONNECT_DEADLINE_MS = 120_000;
const LOOK_MS = 50;

/** Members of one group over libp2p on loopback, all in this process, each connected to all others. */
export async function openMembers(
  groupId: Uint8Array,
  keys: readonly OperatorKey[],
): Promise<readonly GossipMember[]> {
  const addresses = new Map<number, readonly string[]>();
  const opened: GossipMember[] = [];
  try {
    // Of two members the lower seat dials, so the highest is opened first.
    for (let seat = keys.length - 1; seat >= 0; seat--) {
      const key = keys[seat];
      if (key === undefined) continue;
      const members = keys.map(({ scheme, publicKey }, other) => ({
        scheme,
        publicKey,
        seat: other,
        addresses: addresses.get(other) ?? [],
      }));
      const member = await gossipMember(async (events) => {
        const transport = await openLibp2pTransport({
          group: { groupId, members, seat },
          key,
          events,
          listen: [LISTEN],
        });
        addresses.set(seat, transport.addresses);
        return transport;
      });
      opened.unshift(member);
    }
    await untilConnected(opened);
  } catch (error) {
    await closeMembers(opened);
    throw error;
  }
  return opened;
}

export async function closeMembers(members: readonly GossipMember[]): Promise<void> {
  await Promise.all(members.map(({ transport }) => transport.close()));
}

async function untilConnected(members: readonly GossipMember[]): Promise<void> {
  const deadlineMs = performance.now() + CONNECT_DEADLINE_MS;
  const isWhole = () =>
    members.every(({ transport }) => transport.peers().every(({ isConnected }) => isConnected));
  while (!isWhole()) {
    if (performance.now() > deadlineMs)
      throw new Error(`${members.length} members did not find each other within ${CONNECT_DEADLINE_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
