import assert from 'node:assert/strict';
import { conformanceGroup, conformanceKey } from '../conformance-group.ts';
import { until } from '../fixture-loopback.ts';
import { DEFAULT_LIMITS, type TransportLimits } from '../limits.ts';
import type { TransportRefusal } from '../port.ts';
import { hostPortFrom } from './address.ts';
import { type OnPath, proxyTo } from './fixture-proxy.ts';
import { openMesh, type WebSocketMesh } from './mesh.ts';

/** Seat 0 dials seat 1 through somebody on the path. */
export interface Pair {
  readonly dialer: WebSocketMesh;
  readonly listener: WebSocketMesh;
  readonly proxy: OnPath;
  /** What the listener heard, and why it refused. */
  readonly heard: readonly string[];
  readonly refused: readonly TransportRefusal[];
  say(text: string): void;
  isConnected(): boolean;
}

const KEYS = [0, 1].map(conformanceKey);
const SHORT: Partial<TransportLimits> = { redial: { firstMs: 20, lastMs: 100 }, closeMs: 500 };

export async function withPair(
  some: Partial<TransportLimits>,
  run: (pair: Pair) => Promise<void>,
): Promise<void> {
  const [zero, one] = KEYS;
  assert.ok(zero !== undefined && one !== undefined);
  const limits = { ...DEFAULT_LIMITS, ...SHORT, ...some };
  const heard: string[] = [];
  const refused: TransportRefusal[] = [];
  const listener = await openMesh({
    group: conformanceGroup(1, { keys: KEYS }),
    key: one,
    limits,
    listen: { host: '127.0.0.1', port: 0 },
    events: {
      arrived: ({ frame }) => void heard.push(Buffer.from(frame.payload).toString()),
      refused: (reason) => void refused.push(reason),
    },
  });
  const where = hostPortFrom(listener.address ?? '');
  assert.ok(where !== null);
  const proxy = await proxyTo(where.host, where.port);
  const addressesOf = (seat: number) => (seat === 1 ? [proxy.address] : []);
  const group = conformanceGroup(0, { keys: KEYS, addressesOf });
  const dialer = await openMesh({ group, key: zero, limits, events: { arrived: () => {} } });
  const isConnected = () => [dialer, listener].every((mesh) => mesh.peers()[0]?.isConnected === true);
  try {
    await until('the two are connected', isConnected);
    const say = (text: string) =>
      dialer.broadcast({ type: 't', payload: Uint8Array.from(Buffer.from(text)) });
    await run({ dialer, listener, proxy, heard, refused, say, isConnected });
  } finally {
    await Promise.all([dialer.close(), listener.close()]);
    proxy.close();
  }
}
