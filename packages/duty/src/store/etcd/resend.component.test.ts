import assert from 'node:assert/strict';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { describe, type TestContext, test } from 'node:test';
import { systemClock } from '@watchbill/kit';
import { frameOf } from '../grpc/frames.ts';
import { testAuthority } from '../grpc/testing/certificates.ts';
import { silentLine } from '../grpc/testing/silent-line.ts';
import type { Store, Transaction } from '../port.ts';
import { openEtcdStore } from './store.ts';
import { type FakeAnswer, type FakeEtcd, fakeEtcd, fakeMessage, fakeStatus } from './testing/fake-etcd.ts';

const TXN = '/etcdserverpb.KV/Txn';
const UNAVAILABLE = 14;
/** A TxnResponse whose second field, `succeeded`, is true. */
const SUCCEEDED = Uint8Array.of(0x10, 1);
/** More than a request takes that is still on its way when the call has ended. */
const AFTERWARDS_MS = 300;

const put = (key: string, value: number): Transaction => ({
  compares: [{ key: 'session', value: Uint8Array.of(1) }],
  writes: [{ key, value: Uint8Array.of(value) }],
});
const renewal = put('session', 2);

const isTxn = (path: string): boolean => path === TXN;
const txns = ({ requests }: FakeEtcd): number => requests.filter(isTxn).length;

/** A member that takes every transaction. */
const takes: FakeAnswer = (stream, path) => fakeMessage(stream, isTxn(path) ? SUCCEEDED : undefined);

/** How the connection ends under a transaction, from its first byte to the end of its answer. */
type Cut = (stream: ServerHttp2Stream) => void;

function onWholeRequest(cut: Cut): Cut {
  return (stream) => stream.once('end', () => cut(stream));
}

const destroy: Cut = ({ session }) => session?.destroy();

function goAway(code: number, lastStream: (id: number) => number, data?: string): Cut {
  return ({ session, id = 0 }) => {
    session?.goaway(code, lastStream(id), data === undefined ? undefined : Buffer.from(data));
    setImmediate(() => session?.destroy());
  };
}

/** Part of an answer that says "applied", and then nothing. */
function halfAnAnswer(bytes: number): Cut {
  return (stream) => {
    stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
    const { session } = stream;
    stream.write(frameOf(SUCCEEDED).subarray(0, bytes));
    setTimeout(() => session?.destroy(), 50);
  };
}

const CUTS: readonly (readonly [string, Cut])[] = [
  ['before its message arrived', destroy],
  ['after its message arrived', onWholeRequest(destroy)],
  [
    'by a stream that was refused',
    (stream) => {
      const { session } = stream;
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
      setTimeout(() => session?.destroy(), 50);
    },
  ],
  ['by GOAWAY, which says that it was not processed', goAway(constants.NGHTTP2_NO_ERROR, (id) => id - 2)],
  ['by GOAWAY, which says that it was processed', goAway(constants.NGHTTP2_NO_ERROR, (id) => id)],
  ['by GOAWAY with an error', onWholeRequest(goAway(constants.NGHTTP2_INTERNAL_ERROR, (id) => id))],
  [
    'by GOAWAY for too many pings',
    goAway(constants.NGHTTP2_ENHANCE_YOUR_CALM, (id) => id - 2, 'too_many_pings'),
  ],
  ['after the headers of its answer', onWholeRequest(halfAnAnswer(0))],
  ['within its answer', onWholeRequest(halfAnAnswer(6))],
  ['after its answer, before the status', onWholeRequest(halfAnAnswer(7))],
];

interface Restored {
  readonly store: Store;
  readonly before: FakeEtcd;
  /** The member at the same address since the cut; it takes every transaction. */
  readonly after: () => Promise<FakeEtcd>;
}

/** A member cuts the first transaction, and another one, restored, then listens at its address. */
async function restored(context: TestContext, cut: Cut, others: readonly FakeEtcd[]): Promise<Restored> {
  const { promise, resolve, reject } = Promise.withResolvers<FakeEtcd>();
  const before = await fakeEtcd((stream, path) => {
    if (!isTxn(path)) return fakeMessage(stream);
    stream.session?.once('close', () => {
      const { port } = before;
      before.close().then(() => fakeEtcd(takes, { port }).then(resolve, reject), reject);
    });
    return cut(stream);
  });
  const endpoints = [before, ...others].map(({ endpoint }) => endpoint);
  const random = { bytes: (count: number) => new Uint8Array(count) };
  const store = await openEtcdStore({ endpoints, clock: systemClock(), random });
  context.after(() => Promise.all([store.close(), before.close(), promise.then((member) => member.close())]));
  return { store, before, after: () => promise };
}

describe('a transaction whose connection is cut is not sent to the store that is restored at the same address', {
  concurrency: true,
}, () => {
  for (const [name, cut] of CUTS) {
    for (const count of [0, 1]) {
      test(`${name}, with ${count} other endpoints`, async (context) => {
        const others = await Promise.all(Array.from({ length: count }, () => fakeEtcd(takes)));
        context.after(() => Promise.all(others.map((member) => member.close())));
        const { store, before, after } = await restored(context, cut, others);
        const [result] = await store.transact([renewal], { timeoutMs: 8_000 });
        assert.equal(result?.outcome, 'ambiguous');
        const now = await after();
        // Over the new connection other requests do arrive.
        for (let tries = 0; tries < 20 && now.requests.length === 0; tries += 1) await store.health();
        assert.notEqual(now.requests.length, 0, 'no connection to the restored store');
        await new Promise((resolve) => setTimeout(resolve, AFTERWARDS_MS));
        assert.equal(txns(before), 1);
        assert.deepEqual([now, ...others].map(txns), [0, ...others.map(() => 0)]);
      });
    }
  }
});

test('a transaction that was refused for certain is sent again, and never once more after a cut', async (context) => {
  let sent = 0;
  const cut: Cut = (stream) => {
    sent += 1;
    if (sent === 1) fakeStatus(stream, UNAVAILABLE, 'etcdserver: no leader');
    else destroy(stream);
  };
  const member = await fakeEtcd((stream, path) => (isTxn(path) ? cut(stream) : fakeMessage(stream)));
  const store = await openEtcdStore({ endpoints: [member.endpoint], clock: systemClock() });
  context.after(() => Promise.all([store.close(), member.close()]));
  const [result] = await store.transact([renewal]);
  assert.equal(result?.outcome, 'ambiguous');
  await store.list('');
  assert.equal(txns(member), 2);
});

test('transactions that share a compare are sent once together, and not one by one after a cut', async (context) => {
  const member = await fakeEtcd((stream, path) => (isTxn(path) ? destroy(stream) : fakeMessage(stream)));
  const store = await openEtcdStore({ endpoints: [member.endpoint], clock: systemClock() });
  context.after(() => Promise.all([store.close(), member.close()]));
  const results = await store.transact([put('a', 1), put('b', 1)]);
  assert.deepEqual(
    results.map(({ outcome }) => outcome),
    ['ambiguous', 'ambiguous'],
  );
  await store.list('');
  assert.equal(txns(member), 1);
});

test('a transaction that waits for a connection when its time ends is not sent over it afterwards', async (context) => {
  const authority = await testAuthority('authority');
  const server = await authority.issue({ cn: 'server', server: true });
  const messages: string[] = [];
  let goesAway = false;
  const member = await fakeEtcd(
    (stream, path) => {
      stream.once('data', (chunk: Buffer) => messages.push(`${path} ${chunk.length}`));
      if (goesAway) stream.session?.goaway(constants.NGHTTP2_NO_ERROR);
      // A member that goes away leaves a request unanswered, so that its old connection stays.
      else takes(stream, path);
    },
    { tls: server },
  );
  const gate = await silentLine(member.port);
  const store = await openEtcdStore({
    endpoints: [`https://127.0.0.1:${gate.port}`],
    tls: { ca: authority.cert },
    clock: systemClock(),
  });
  context.after(() => Promise.all([store.close(), gate.close(), member.close()]));
  goesAway = true;
  const unanswered = store.list('', {}, { timeoutMs: 4_000 }).catch(() => null);
  while (messages.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  gate.hold();
  // Certain: for a new connection it waits before it is sent.
  await assert.rejects(store.transact([renewal], { timeoutMs: 1_000 }), { code: 'unavailable' });
  assert.equal(gate.held(), 1, 'it waited for a new connection');
  goesAway = false;
  gate.release();
  await unanswered;
  await store.list('');
  await new Promise((resolve) => setTimeout(resolve, AFTERWARDS_MS));
  assert.deepEqual(messages.filter(isTxn), []);
});
