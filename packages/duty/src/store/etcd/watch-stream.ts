import type { Clock } from '@watchbill/kit';
import type { Channel, RpcStream } from '../grpc/channel.ts';
import type { RpcOptions } from '../grpc/rpc-error.ts';
import { Watch, type WatchRequestSchema, type WatchResponse } from './gen/rpc_pb.js';

/** The watch asks the member for a sign of life this often; after so long without one the stream ends. */
const PROGRESS_MS = 1_000;
const SILENT_MS = 3_500;

/** One stream of a watch. */
export interface Streamed {
  /** The first revision is 0 for "from now on". */
  readonly create: {
    readonly key: Uint8Array;
    readonly rangeEnd: Uint8Array;
    readonly startRevision: bigint;
  };
  readonly rpc: RpcOptions;
  /** Ends the stream. Must be aborted when the stream has ended by itself. */
  readonly signal: AbortSignal;
  /** If it throws, the stream ends with that text. */
  readonly onResponse: (response: WatchResponse) => void;
}

/** Follow one stream of a watch. Always rejects, with the way it ended. */
export async function streamed(
  clock: Clock,
  channel: Channel,
  { create, rpc, signal, onResponse }: Streamed,
): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  const pulse = { heardMs: clock.monotonicMs() };
  const onMessage = (response: WatchResponse): void => {
    pulse.heardMs = clock.monotonicMs();
    onResponse(response);
  };
  const handlers = { onMessage, onEnd: reject };
  const stream = await channel.stream(Watch.method.watch, handlers, rpc);
  if (signal.aborted) stream.close();
  signal.addEventListener('abort', () => stream.close(), { once: true });
  stream.send({ requestUnion: { case: 'createRequest', value: create } });
  void askOn(clock, stream, pulse, signal);
  return promise;
}

/** A request for progress at each interval, which a healthy member answers at once. */
async function askOn(
  clock: Clock,
  stream: RpcStream<typeof WatchRequestSchema>,
  pulse: { readonly heardMs: number },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(PROGRESS_MS, signal);
    if (signal.aborted) return;
    if (clock.monotonicMs() - pulse.heardMs > SILENT_MS) stream.close(true);
    else stream.send({ requestUnion: { case: 'progressRequest', value: {} } });
  }
}
