import assert from 'node:assert/strict';
import type { OperatorKey } from '../../../keys/port.ts';
import { DEFAULT_LIMITS, type TransportLimits } from '../../limits.ts';
import type { TransportRefusal } from '../../port.ts';
import { conformanceGroup, conformanceKey } from '../../testing/conformance-group.ts';
import { until } from '../../testing/until.ts';
import { type Libp2pMesh, openLibp2p } from '../transport.ts';

export interface PeerOptions {
  /** The addresses that it knows, by seat. */
  readonly addresses?: Readonly<Record<number, string>>;
  readonly limits?: Partial<TransportLimits>;
  /** The keys of the seats as it has them, its own among them. */
  readonly keys?: readonly OperatorKey[];
  /** Fills the group id. */
  readonly groupByte?: number;
  /** Where it listens; a free port by default. */
  readonly listen?: string;
  readonly secret?: Uint8Array;
  readonly nowMs?: () => number;
  /** Whether a text is about something that is over. */
  readonly isExpired?: (text: string) => boolean;
}

/** The keys of the group, by seat. */
export const MEMBER_KEYS = [0, 1, 2].map(conformanceKey);

/** Runs with members of a group of three, which it opens by seat, and closes them all. */
export async function withPeers(run: (open: OpenPeer) => Promise<void>): Promise<void> {
  const opened: Libp2pMesh[] = [];
  const open = async (seat: number, options: PeerOptions = {}): Promise<Peer> => {
    const peer = await opening(seat, options);
    opened.push(peer.mesh);
    return peer;
  };
  try {
    await run(open);
  } finally {
    await Promise.all(opened.map((mesh) => mesh.close()));
  }
}

/** Opens a member of a group, which is closed with it. */
export type OpenPeer = (seat: number, options?: PeerOptions) => Promise<Peer>;

/** Two members that are connected: seat 0 dials seat 1. */
export async function withTwo(
  options: PeerOptions,
  run: (zero: Peer, one: Peer, open: OpenPeer) => Promise<void>,
): Promise<void> {
  await withPeers(async (open) => {
    const one = await open(1, options);
    const zero = await open(0, { ...options, addresses: { 1: one.address } });
    await until('the two are connected', () => zero.isConnectedTo(1) && one.isConnectedTo(0));
    await run(zero, one, open);
  });
}

/** A member under observation. */
export type Peer = Awaited<ReturnType<typeof opening>>;

async function opening(seat: number, options: PeerOptions) {
  const heard: string[] = [];
  const refused: string[] = [];
  const { keys = MEMBER_KEYS, groupByte = 1, listen = '/ip4/127.0.0.1/tcp/0' } = options;
  const key = keys[seat];
  assert.ok(key !== undefined);
  const addressesOf = (other: number) => {
    const address = options.addresses?.[other];
    return address === undefined ? [] : [address];
  };
  const mesh = await openLibp2p({
    group: conformanceGroup(seat, { keys, groupByte, addressesOf }),
    key,
    listen: [listen],
    limits: { ...DEFAULT_LIMITS, redial: { firstMs: 20, lastMs: 100 }, closeMs: 2_000, ...options.limits },
    events: {
      arrived: (arrival) => void heard.push(`${arrival.seat}:${Buffer.from(arrival.frame.payload)}`),
      isExpired: ({ payload }) => options.isExpired?.(Buffer.from(payload).toString()) === true,
      refused: (reason: TransportRefusal, culprit) => void refused.push(`${reason} ${culprit}`),
    },
    ...(options.secret === undefined ? {} : { secret: options.secret }),
    ...(options.nowMs === undefined ? {} : { nowMs: options.nowMs }),
  });
  return {
    mesh,
    /** `seat:text` of all that it heard. */
    heard: heard as readonly string[],
    refused: refused as readonly string[],
    /** Where it listens. */
    address: mesh.addresses[0] ?? '',
    say: (text: string): void => mesh.broadcast({ type: 't', payload: Uint8Array.from(Buffer.from(text)) }),
    isConnectedTo: (...seats: readonly number[]): boolean =>
      seats.every((other) => mesh.peers().find((state) => state.seat === other)?.isConnected === true),
  };
}
