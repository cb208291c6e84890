import type { Channel } from '../grpc/channel.ts';
import { RpcError, type RpcOptions, STATUS } from '../grpc/rpc-error.ts';
import type { RpcStream } from '../grpc/stream.ts';
import { PD, type TsoRequestSchema, type TsoResponse } from './gen/pdpb_pb.js';
import { timestampOf } from './timestamp.ts';

/** Timestamps from one leader of PD over one stream; all callers of one turn share a request. */
export interface TsoStream {
  /** The first of `count` timestamps in a row. Rejects with an {@link RpcError} or what `accept` throws. */
  take(count: number): Promise<bigint>;
  /** False when it has ended and a new one is needed. */
  alive(): boolean;
  close(): void;
}

export interface TsoOptions {
  readonly clusterId: bigint;
  /** An answer that takes longer ends the stream. */
  readonly timeoutMs: number;
  /** Checks each answer before a caller gets a timestamp of it; if it throws, the callers get that error. */
  readonly accept: (response: TsoResponse, first: bigint, last: bigint, askedAt: bigint) => void;
  /** Called when a request is sent; its return value is passed to `accept`. */
  readonly ask: () => bigint;
  readonly onAnswer: (outcome: 'ok' | 'failed', tookMs: number) => void;
  readonly nowMs: () => number;
}

interface Caller {
  readonly count: number;
  readonly resolve: (first: bigint) => void;
  readonly reject: (error: unknown) => void;
}

interface Sent {
  readonly callers: readonly Caller[];
  readonly count: number;
  readonly askedAt: bigint;
  readonly atMs: number;
}

export async function openTsoStream(
  channel: Channel,
  options: TsoOptions,
  rpc: RpcOptions,
): Promise<TsoStream> {
  let waiting: Caller[] = [];
  let scheduled = false;
  let ended: RpcError | null = null;
  let timer: NodeJS.Timeout | undefined;
  const sent: Sent[] = [];

  const stream: RpcStream<typeof TsoRequestSchema> = await channel.stream(
    PD.method.tso,
    { onMessage: answered, onEnd: end },
    rpc,
  );

  function end(why: RpcError): void {
    ended ??= why;
    clearTimeout(timer);
    for (const { callers, atMs } of sent.splice(0)) {
      options.onAnswer('failed', options.nowMs() - atMs);
      for (const caller of callers) caller.reject(why);
    }
    for (const caller of waiting.splice(0)) caller.reject(why);
  }

  function flush(): void {
    scheduled = false;
    if (waiting.length === 0 || ended !== null) return;
    const callers = waiting;
    waiting = [];
    const count = callers.reduce((sum, caller) => sum + caller.count, 0);
    sent.push({ callers, count, askedAt: options.ask(), atMs: options.nowMs() });
    stream.send({ header: { clusterId: options.clusterId }, count });
    if (sent.length === 1) arm();
  }

  function arm(): void {
    clearTimeout(timer);
    if (sent.length === 0) return;
    timer = setTimeout(() => {
      end(new RpcError(STATUS.deadline, `${channel.name} gave no timestamp in time`, true));
      stream.close();
    }, options.timeoutMs);
  }

  function answered(response: TsoResponse): void {
    const oldest = sent.shift();
    arm();
    if (oldest === undefined) return;
    const { physical, logical } = response.timestamp ?? { physical: 0n, logical: 0n };
    const last = timestampOf(physical, logical);
    let first = last - BigInt(oldest.count) + 1n;
    try {
      options.accept(response, first, last, oldest.askedAt);
    } catch (error) {
      options.onAnswer('failed', options.nowMs() - oldest.atMs);
      for (const caller of oldest.callers) caller.reject(error);
      return;
    }
    options.onAnswer('ok', options.nowMs() - oldest.atMs);
    for (const caller of oldest.callers) {
      caller.resolve(first);
      first += BigInt(caller.count);
    }
  }

  return {
    alive: () => ended === null,
    take: (count) => {
      if (ended !== null) return Promise.reject(ended);
      return new Promise((resolve, reject) => {
        waiting.push({ count, resolve, reject });
        if (scheduled) return;
        scheduled = true;
        queueMicrotask(flush);
      });
    },
    close: () => stream.close(),
  };
}
