import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { WebSocket } from 'ws';
import { conformanceGroup, conformanceKey } from '../conformance-group.ts';
import { until } from '../fixture-loopback.ts';
import { encodeFrame } from '../frame-codec.ts';
import { hostPortFrom } from './address.ts';
import { withPair } from './fixture-pair.ts';
import { initiate } from './handshake.ts';

describe('somebody on the path of a WebSocket connection', () => {
  test('what is sent a second time, byte for byte, ends the connection and is heard once', () =>
    withPair({}, async ({ heard, isConnected, proxy, refused, say }) => {
      const pieces: Buffer[] = [];
      proxy.onPiece((piece) => {
        pieces.push(piece);
        return piece;
      });
      say('once');
      await until('it is heard', () => heard.length === 1);
      proxy.inject(Buffer.concat(pieces));
      await until('the repeat is refused', () => refused.includes('bad-signature'));
      await until('the two are connected again', () => isConnected() && proxy.connectionCount() === 2);
      say('after');
      await until('it is heard', () => heard.length === 2);
      assert.deepEqual(heard, ['once', 'after']);
    }));

  test('what is altered is not heard', () =>
    withPair({}, async ({ heard, isConnected, proxy, refused, say }) => {
      proxy.onPiece((piece) => {
        const altered = Buffer.from(piece);
        const last = altered.length - 1;
        altered[last] = (altered[last] ?? 0) ^ 1;
        return altered;
      });
      say('altered');
      await until('it is refused', () => refused.includes('bad-signature'));
      proxy.onPiece((piece) => piece);
      await until('the two are connected again', isConnected);
      say('after');
      await until('it is heard', () => heard.length > 0);
      assert.deepEqual(heard, ['after']);
    }));

  test('a text cannot be read from the wire', () =>
    withPair({}, async ({ heard, proxy, say }) => {
      const seen: Buffer[] = [];
      proxy.onPiece((piece) => {
        seen.push(unmasked(piece));
        return piece;
      });
      say('a proposal');
      await until('it is heard', () => heard.length === 1);
      assert.ok(seen.length > 0 && !Buffer.concat(seen).includes('a proposal'));
    }));

  test('a connection that falls silent is ended and made again', () =>
    withPair({ keepAliveMs: 20, silenceMs: 200 }, async ({ heard, isConnected, proxy, say }) => {
      proxy.freeze();
      await until('another one is made', () => proxy.connectionCount() > 1 && isConnected());
      await until('it is heard', () => {
        say('after');
        return heard.includes('after');
      });
    }));

  test('a connection without frames stays', () =>
    withPair({ keepAliveMs: 20, silenceMs: 10_000 }, async ({ isConnected, proxy }) => {
      let pieces = 0;
      proxy.onPiece((piece) => {
        pieces += 1;
        return piece;
      });
      await until('many signs of life have passed', () => pieces > 30);
      assert.ok(isConnected());
      assert.equal(proxy.connectionCount(), 1);
    }));

  test('to a member that reads nothing only so much is kept; the rest is dropped and counted', () =>
    withPair({ sendBufferBytes: 100_000 }, async ({ dialer, proxy }) => {
      proxy.freeze();
      const payload = new Uint8Array(16 * 1024);
      await until('frames are dropped', () => {
        for (let i = 0; i < 50; i++) dialer.broadcast({ type: 't', payload });
        return (dialer.dropped().get(1) ?? 0) > 0;
      });
    }));
});

describe('a member that does not keep to the protocol', () => {
  /** Whoever was replaced by a newer connection of its seat does not come back and replace that one. */
  const AWAY = { firstMs: 60_000, lastMs: 60_000 };
  /** Proves to be seat 0 by hand, then sends these sealed messages. */
  const sendSealed = async (address: string | null, messages: readonly Uint8Array[]): Promise<WebSocket> => {
    const keys = [0, 1].map(conformanceKey);
    const group = conformanceGroup(0, { keys });
    const settings = {
      group,
      key: conformanceKey(0),
      nowMs: Date.now,
      clockSkewMs: 1_000,
      statementMs: 10_000,
    };
    const handshake = initiate(settings, 1);
    const socket = new WebSocket(`ws://${address}`);
    socket.on('error', () => {});
    await once(socket, 'open');
    if (handshake.opening !== null) socket.send(handshake.opening);
    for (;;) {
      const [data] = await once(socket, 'message');
      const step = handshake.read(Uint8Array.from(data));
      assert.ok(step.kind !== 'refused');
      if (step.send !== null) socket.send(step.send);
      if (step.kind !== 'done') continue;
      for (const message of messages) socket.send(step.session.seal(message));
      return socket;
    }
  };

  test('signs of life count against its share', () =>
    withPair({ quota: { perSecond: 0.001, burst: 20 }, redial: AWAY }, async ({ listener, refused }) => {
      const socket = await sendSealed(listener.address, new Array<Uint8Array>(23).fill(Uint8Array.of(2)));
      await until(
        'the rest is over its share',
        () => refused.filter((why) => why === 'over-quota').length >= 3,
      );
      assert.equal(socket.readyState, socket.OPEN);
      socket.terminate();
    }));

  test('a message of an unknown kind ends its connection', () =>
    withPair({ redial: AWAY }, async ({ listener, refused }) => {
      for (const message of [Uint8Array.of(3), Uint8Array.of()]) {
        const socket = await sendSealed(listener.address, [message]);
        await once(socket, 'close');
      }
      assert.deepEqual(refused, ['malformed', 'malformed']);
    }));

  test('the newest connection of a member replaces the one before', () =>
    withPair({ redial: AWAY }, async ({ dialer, listener, heard }) => {
      const frame = Buffer.concat([
        Uint8Array.of(1),
        encodeFrame({ type: 't', payload: Uint8Array.of(0x61) }),
      ]);
      const socket = await sendSealed(listener.address, [frame]);
      await until('the first one is ended', () => dialer.peers()[0]?.isConnected === false);
      await until('the second one is heard', () => heard.includes('a'));
      assert.equal(listener.peers()[0]?.isConnected, true);
      socket.terminate();
    }));
});

describe('strangers at a WebSocket listener', () => {
  test('who says nothing is sent away at the deadline', () =>
    withPair({ handshakeMs: 100 }, async ({ listener, isConnected }) => {
      const where = hostPortFrom(listener.address ?? '');
      assert.ok(where !== null);
      const silent = connect(where.port, where.host);
      silent.on('error', () => {});
      const upgraded = new WebSocket(`ws://${listener.address}`);
      upgraded.on('error', () => {});
      await Promise.all([once(silent, 'close'), once(upgraded, 'close')]);
      assert.ok(isConnected(), 'members are not');
    }));

  test('only so many are held; the oldest goes', () =>
    withPair({ strangers: 2, handshakeMs: 60_000 }, async ({ listener, isConnected }) => {
      const where = hostPortFrom(listener.address ?? '');
      assert.ok(where !== null);
      const sockets = [];
      for (let i = 0; i < 3; i++) {
        const socket = connect(where.port, where.host);
        socket.on('error', () => {});
        await once(socket, 'connect');
        sockets.push(socket);
      }
      const [oldest, ...others] = sockets;
      assert.ok(oldest !== undefined);
      await once(oldest, 'close');
      assert.ok(others.every(({ destroyed }) => !destroyed));
      assert.ok(isConnected());
      for (const socket of others) socket.destroy();
    }));

  test('texts, large messages and garbage are refused', () =>
    withPair({}, async ({ listener, refused, isConnected }) => {
      const messages = ['text', new Uint8Array(20_000), new Uint8Array(105), Uint8Array.of(1)];
      for (const message of messages) {
        const before = refused.length;
        const socket = new WebSocket(`ws://${listener.address}`);
        socket.on('error', () => {});
        socket.once('open', () => socket.send(message));
        await once(socket, 'close');
        await until('it is counted', () => refused.length > before);
      }
      assert.deepEqual(refused, ['malformed', 'too-large', 'malformed', 'malformed']);
      assert.ok(isConnected());
    }));

  test('an HTTP request gets an answer and no more', () =>
    withPair({}, async ({ listener }) => {
      const response = await fetch(`http://${listener.address}/`);
      assert.equal(response.status, 426);
    }));
});

/** Frames of a client are masked with four bytes that stand in them; short ones have them at the third byte. */
function unmasked(piece: Buffer): Buffer {
  const mask = piece.subarray(2, 6);
  return Buffer.from(piece.subarray(6).map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
}
