import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { conformanceGroup, conformanceKey } from '../conformance-group.ts';
import { until } from '../fixture-loopback.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import type { TransportRefusal } from '../port.ts';
import type { Handshake } from './handshake.ts';
import { linkOver } from './link.ts';
import { openMesh } from './mesh.ts';

/** Proven by the first message, whatever it is; nothing is sealed. */
function fakeHandshake(): Handshake {
  const session = { seat: 1, seal: (bytes: Uint8Array) => bytes, open: (bytes: Uint8Array) => bytes };
  return { opening: null, read: () => ({ kind: 'done', send: null, session }) };
}

/** A server on a free port, and what its sockets are given to. */
async function withServer(
  accept: (socket: WebSocket) => void,
  run: (port: number) => Promise<void>,
): Promise<void> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', accept);
  await once(server, 'listening');
  const bound = server.address();
  assert.ok(typeof bound === 'object' && bound !== null);
  try {
    await run(bound.port);
  } finally {
    for (const socket of server.clients) socket.terminate();
    server.close();
  }
}

describe('a link', () => {
  /** Runs against the far end of a link that is proven, and whose member is over its quota. */
  const withLink = async (
    run: (
      far: WebSocket,
      near: WebSocket,
      seen: { readonly frames: number; readonly refused: readonly string[] },
    ) => Promise<void>,
  ): Promise<void> => {
    const nears: WebSocket[] = [];
    const refused: string[] = [];
    const seen = { frames: 0, refused };
    const accept = (socket: WebSocket): void => {
      nears.push(socket);
      linkOver(socket, fakeHandshake(), DEFAULT_LIMITS, {
        proven: () => {},
        frame: (): TransportRefusal => {
          seen.frames += 1;
          return 'over-quota';
        },
        keepAlive: () => null,
        refused: (reason, seat) => void refused.push(`${reason} ${seat}`),
        closed: () => {},
      });
    };
    await withServer(accept, async (port) => {
      const far = new WebSocket(`ws://127.0.0.1:${port}`);
      await once(far, 'open');
      far.send(Uint8Array.of(0));
      const [near] = nears;
      assert.ok(near !== undefined);
      await run(far, near, seen);
      far.terminate();
    });
  };

  test('rests where its member is over the quota, and goes on', () =>
    withLink(async (far, near, seen) => {
      far.send(Uint8Array.of(1));
      await until('it has read a frame and rests', () => seen.frames === 1 && near.isPaused);
      await until('it goes on', () => !near.isPaused);
      far.send(Uint8Array.of(1));
      await until('it has read another', () => seen.frames === 2);
    }));

  test('takes no texts', () =>
    withLink(async (far, _near, seen) => {
      far.send('\u0001 a text that would be a frame');
      await once(far, 'close');
      assert.deepEqual(seen.refused, ['malformed 1']);
      assert.equal(seen.frames, 0);
    }));
});

test('who is dialed and never answers is given up at the deadline, and tried again', async () => {
  let connections = 0;
  await withServer(
    () => {
      connections += 1;
    },
    async (port) => {
      const keys = [0, 1].map(conformanceKey);
      const addressesOf = (seat: number) => (seat === 1 ? [`127.0.0.1:${port}`] : []);
      const mesh = await openMesh({
        group: conformanceGroup(0, { keys, addressesOf }),
        key: conformanceKey(0),
        limits: { handshakeMs: 50, redial: { firstMs: 5, lastMs: 10 } },
        events: { arrived: () => {} },
      });
      await until('it was tried three times', () => connections >= 3);
      await mesh.close();
    },
  );
});
