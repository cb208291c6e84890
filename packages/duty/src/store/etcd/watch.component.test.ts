import type { ServerHttp2Stream } from 'node:http2';
import { test } from 'node:test';
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { systemClock } from '@watchbill/kit';
import { frameOf } from '../grpc/frames.ts';
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

test('a watch that was ready and is refused then goes on once it is allowed again', async (context) => {
  const streams = STREAMS.values();
  const answer = (stream: ServerHttp2Stream, path: string): void => {
    if (path !== WATCH) fakeMessage(stream);
    if (path !== WATCH) return;
    stream.respond({ 'content-type': 'application/grpc' });
    for (const response of streams.next().value ?? []) {
      stream.write(frameOf(toBinary(WatchResponseSchema, create(WatchResponseSchema, response))));
    }
  };
  const member = await fakeEtcd(answer);
  context.after(() => member.close());
  const store = await openEtcdStore({ endpoints: [member.endpoint], clock: systemClock() });
  context.after(() => store.close());
  const { promise: resynced, resolve: onResync } = Promise.withResolvers<void>();
  await store.watch('a', { onChange: () => undefined, onResync }).ready;
  await resynced;
});
