import assert from 'node:assert/strict';
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { describe, type TestContext, test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { KV, Lease, RangeResponseSchema, Watch } from '../etcd/gen/rpc_pb.js';
import { fakeEtcd, fakeMessage, fakeStatus } from '../etcd/testing/fake-etcd.ts';
import { type Channel, openChannel } from './channel.ts';
import { frameOf } from './frames.ts';
import { RpcError, STATUS } from './rpc-error.ts';
import { type SilentLine, silentLine } from './testing/silent-line.ts';

const NOTHING = { key: new Uint8Array() };
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Bench {
  readonly channel: Channel;
  readonly line: SilentLine;
}

type Answer = (stream: ServerHttp2Stream) => void;

const range: Answer = (stream) =>
  fakeMessage(stream, toBinary(RangeResponseSchema, create(RangeResponseSchema, { count: 7n })));

/** A channel to a server, over a line that can fall silent. */
async function bench(context: TestContext, answer: Answer): Promise<Bench> {
  const server = await fakeEtcd(answer);
  const line = await silentLine(server.port);
  const channel = openChannel(new URL(`http://127.0.0.1:${line.port}`), null);
  context.after(async () => {
    channel.close();
    await line.close();
    await server.close();
  });
  return { channel, line };
}

async function failure(call: Promise<unknown>): Promise<RpcError> {
  const error = await call.then(
    () => assert.fail('it was answered'),
    (why: unknown) => why,
  );
  assert.ok(error instanceof RpcError, String(error));
  return error;
}

describe('a call without a sign of life of its server', { concurrency: true }, () => {
  test('may have been applied, and the next call goes over a new connection', async (context) => {
    const { channel, line } = await bench(context, range);
    await channel.unary(KV.method.range, NOTHING, { timeoutMs: 2_000 });
    line.silence();
    const { sent, status } = await failure(channel.unary(KV.method.range, NOTHING, { timeoutMs: 600 }));
    assert.deepEqual([sent, status], [true, STATUS.deadline]);
    const answer = await channel.unary(KV.method.range, NOTHING, { timeoutMs: 2_000 });
    assert.equal(answer.count, 7n);
    assert.equal(line.connections(), 2);
  });

  test('leaves the connection to others if they were answered, or if it was short', async (context) => {
    let asked = 0;
    const { channel, line } = await bench(context, (stream) => {
      asked += 1;
      if (asked > 1) range(stream);
    });
    const unanswered = failure(channel.unary(KV.method.range, NOTHING, { timeoutMs: 900 }));
    await channel.unary(KV.method.range, NOTHING, { timeoutMs: 2_000 });
    assert.equal((await unanswered).status, STATUS.deadline);
    asked = 0;
    await failure(channel.unary(KV.method.range, NOTHING, { timeoutMs: 100 }));
    await channel.unary(KV.method.range, NOTHING, { timeoutMs: 2_000 });
    assert.equal(line.connections(), 1);
  });
});

test('a server reads the headers of a call, and its time', async (context) => {
  let headers: IncomingHttpHeaders = {};
  const onHeaders = (seen: IncomingHttpHeaders): void => {
    headers = seen;
  };
  const server = await fakeEtcd(range, { onHeaders });
  const channel = openChannel(new URL(server.endpoint), null);
  context.after(async () => {
    channel.close();
    await server.close();
  });
  await channel.unary(KV.method.range, NOTHING, { timeoutMs: 1_234.5, headers: { hasleader: 'true' } });
  assert.deepEqual(
    [headers.hasleader, headers.te, headers['content-type']],
    ['true', 'trailers', 'application/grpc'],
  );
  // Less the time that the connection took.
  const [, toldMs] = /^([0-9]{1,8})m$/.exec(`${headers['grpc-timeout']}`) ?? [];
  assert.ok(Number(toldMs) > 0 && Number(toldMs) <= 1_235, `${headers['grpc-timeout']}`);
});

describe('a call without an answer', { concurrency: true }, () => {
  test('was not sent if the channel is closed', async (context) => {
    const { channel } = await bench(context, range);
    channel.close();
    const { sent, status } = await failure(channel.unary(KV.method.range, NOTHING, { timeoutMs: 500 }));
    assert.deepEqual([sent, status], [false, STATUS.canceled]);
  });

  test('may have been applied if the channel is closed while it waits', async (context) => {
    const { channel } = await bench(context, (stream) => {
      stream.once('end', () => channel.close());
    });
    const { sent } = await failure(channel.unary(KV.method.range, NOTHING, { timeoutMs: 5_000 }));
    assert.equal(sent, true);
  });

  test('may have been applied if its caller gives up', async (context) => {
    const giveUp = new AbortController();
    const { channel } = await bench(context, () => giveUp.abort());
    const options = { timeoutMs: 5_000, signal: giveUp.signal };
    const { sent, status } = await failure(channel.unary(KV.method.range, NOTHING, options));
    assert.deepEqual([sent, status], [true, STATUS.canceled]);
  });

  test('may have been applied if its stream was refused', async (context) => {
    const { channel } = await bench(context, (stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM));
    assert.equal((await failure(channel.unary(KV.method.range, NOTHING, { timeoutMs: 5_000 }))).sent, true);
  });

  test('has the status and the text of the server', async (context) => {
    const { channel } = await bench(context, (stream) =>
      fakeStatus(stream, 8, 'etcdserver: too many%20requests'),
    );
    const { sent, status, message } = await failure(
      channel.unary(KV.method.range, NOTHING, { timeoutMs: 5_000 }),
    );
    assert.deepEqual([sent, status, message], [true, 8, 'etcdserver: too many requests']);
  });

  test('is unavailable where a proxy finds no server, and unimplemented where another one answers', async (context) => {
    for (const [http, expected] of [
      [503, STATUS.unavailable],
      [404, STATUS.unimplemented],
    ] as const) {
      const { channel } = await bench(context, (stream) =>
        stream.respond({ ':status': http }, { endStream: true }),
      );
      assert.equal(
        (await failure(channel.unary(KV.method.range, NOTHING, { timeoutMs: 5_000 }))).status,
        expected,
      );
    }
  });
});

test('a call that streams in both directions is one call if it asks once', async (context) => {
  const { channel } = await bench(context, (stream) => {
    stream.once('end', () => fakeMessage(stream, Uint8Array.of(0x18, 9)));
  });
  const { TTL } = await channel.unary(Lease.method.leaseKeepAlive, { ID: 1n }, { timeoutMs: 5_000 });
  assert.equal(TTL, 9n);
});

test('a stream that is closed within a message passes on no later one', async (context) => {
  const { channel } = await bench(context, (stream) => {
    stream.respond({ 'content-type': 'application/grpc' });
    stream.write(Buffer.concat([frameOf(Uint8Array.of(0x18, 1)), frameOf(Uint8Array.of(0x18, 1))]));
  });
  const { promise, resolve } = Promise.withResolvers<RpcError>();
  const heard: boolean[] = [];
  const stream = await channel.stream(
    Watch.method.watch,
    {
      onMessage: ({ created }) => {
        heard.push(created);
        stream.close();
      },
      onEnd: resolve,
    },
    { timeoutMs: 5_000 },
  );
  assert.equal((await promise).status, STATUS.canceled);
  await pause(100);
  assert.deepEqual(heard, [true]);
});

test('a stream that is closed in silence leaves a connection on which calls were answered, and ends another', async (context) => {
  const { channel, line } = await bench(context, range);
  const handlers = { onMessage: () => undefined, onEnd: () => undefined };
  const call = () => channel.unary(KV.method.range, NOTHING, { timeoutMs: 5_000 });
  for (const made of [1, 2]) {
    const stream = await channel.stream(Watch.method.watch, handlers, { timeoutMs: 5_000 });
    if (made === 1) await call();
    stream.close(true);
    await call();
    assert.equal(line.connections(), made);
  }
});
