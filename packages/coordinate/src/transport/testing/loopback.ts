import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_LIMITS, type TransportLimits } from '../limits.ts';
import type { Transport } from '../port.ts';
import type { TransportSettings } from '../settings.ts';
import type { JoinRequest, World } from './conformance.ts';
import { conformanceGroup } from './conformance-group.ts';

/** A transport on loopback that was opened for one check. */
export interface OpenedOnLoopback {
  readonly transport: Transport;
  readonly address: string | null;
  broadcastBytes(bytes: Uint8Array): void;
}

/** Opens a transport that listens at this address, at any free port (`null`), or not at all (`undefined`). */
export type OpenOnLoopback = (
  settings: TransportSettings,
  listen: string | null | undefined,
) => Promise<OpenedOnLoopback>;

/** Only so that a wait that can never end fails with its own text. */
const WAIT_MS = 60_000;

/** Short waits, so that a check of a restart is done soon. */
const LIMITS: Partial<TransportLimits> = { redial: { firstMs: 20, lastMs: 200 }, closeMs: 2_000 };

/**
 * Real sockets on 127.0.0.1. Run a check in it; afterwards it closes everything, and no socket may be left
 * open.
 */
export async function onLoopback(open: OpenOnLoopback, run: (world: World) => Promise<void>): Promise<void> {
  const before = openHandles();
  const addresses = new Map<number, string>();
  const opened: Transport[] = [];
  const join = async (request: JoinRequest) => {
    const { keys, seat, groupByte, events, limits, isListed } = request;
    const key = keys[seat];
    assert.ok(key !== undefined);
    const addressesOf = (other: number) => {
      const address = isListed || other !== seat ? addresses.get(other) : undefined;
      return address === undefined ? [] : [address];
    };
    const group = conformanceGroup(seat, { keys, groupByte, addressesOf });
    const settings = { group, key, events, limits: { ...DEFAULT_LIMITS, ...LIMITS, ...limits } };
    const { transport, address, broadcastBytes } = await open(
      settings,
      isListed ? (addresses.get(seat) ?? null) : undefined,
    );
    opened.push(transport);
    if (address !== null && isListed) addresses.set(seat, address);
    return { ...transport, broadcastBytes };
  };
  try {
    await run({ join, until });
  } finally {
    await Promise.all(opened.map((transport) => transport.close()));
  }
  await until('sockets and timers are gone', () => openHandles() <= before);
}

/** Polls: a condition over several transports has no one event. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + WAIT_MS;
  while (!(await condition())) {
    assert.ok(performance.now() < deadlineMs, `waited for long, and yet not: ${what}`);
    await sleep(5);
  }
}

function openHandles(): number {
  const kinds = ['TCPSocketWrap', 'TCPServerWrap', 'TCPConnectWrap', 'Timeout', 'Immediate'];
  return process.getActiveResourcesInfo().filter((kind) => kinds.includes(kind)).length;
}
