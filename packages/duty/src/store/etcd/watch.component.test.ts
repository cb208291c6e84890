import assert from 'node:assert/strict';
import type { ServerHttp2Stream } from 'node:http2';
import { test } from 'node:test';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type Clock, systemClock } from '@watchbill/kit';
import { frameOf } from '../grpc/frames.ts';
import { silentLine } from '../grpc/testing/silent-line.ts';
import { WatchResponseSchema } from './gen/rpc_pb.js';
import { openEtcdStore } from './store.ts';
import { fakeEtcd, fakeMessage } from './testing/fake-etcd.ts';

const WATCH = '/etcdserverpb.Watch/Watch';
const CREATED = { created: true, header: { clusterId: 1n, revision: 5n } };
/** After a compaction or a restore, the watch begins anew, and its user may be missing for some time. */
const STREAMS: readonly MessageInitShape<typeof WatchResponseSchema>[][] = [
  [CREATED, { canceled: true, compactRevision: 9n }],
  [{ canceled: true, cancelReason: 'etcdserver: permission denied' }],
  [CREATED],
];

/** A member that begins each watch with the next responses, and answers all else with nothing. */
function memberOf(
  streams: Iterator<readonly MessageInitShape<typeof WatchResponseSchema>[]>,
  begun = () => {},
) {
  return fakeEtcd((stream: ServerHttp2Stream, path: string): void => {
    if (path !== WATCH) fakeMessage(stream);
    if (path !== WATCH) return;
    begun();
    stream.respond({ 'content-type': 'application/grpc' });
    for (const response of streams.next().value ?? [])
      stream.write(frameOf(toBinary(WatchResponseSchema, create(WatchResponseSchema, response))));
  });
}

test('a watch that was ready and is refused then goes on once it is allowed again', async (context) => {
  const member = await memberOf(STREAMS.values());
  context.after(() => member.close());
  const logged: string[] = [];
  const log = (line: string) => void logged.push(/ended|is open again/.exec(line)?.[0] ?? line);
  const store = await openEtcdStore({ endpoints: [member.endpoint], clock: systemClock(), log });
  context.after(() => store.close());
  const { promise: resynced, resolve: onResync } = Promise.withResolvers<void>();
  await store.watch('a', { onChange: () => undefined, onResync }).ready;
  await resynced;
  assert.deepEqual(logged, ['ended', 'is open again'], 'not a line for each try');
});

test('a watch over a connection that died in silence goes on over another one', async (context) => {
  const second = Promise.withResolvers<void>();
  const begun = [() => {}, second.resolve].values();
  const member = await memberOf([[CREATED], [CREATED]].values(), () => begun.next().value?.());
  const line = await silentLine(member.port);
  const { nowMs, monotonicMs, sleep } = systemClock();
  // Twenty seconds pass in each one.
  const clock: Clock = {
    ...{ nowMs, monotonicMs: () => 20 * monotonicMs() },
    sleep: (ms, signal) => sleep(ms / 20, signal),
  };
  const store = await openEtcdStore({ endpoints: [`127.0.0.1:${line.port}`], clock });
  context.after(() => Promise.all([store.close(), line.close(), member.close()]));
  await store.watch('a', { onChange: () => undefined, onResync: () => undefined }).ready;
  line.silence();
  await second.promise;
});
