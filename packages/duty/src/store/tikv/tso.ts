import type { Channel } from '../grpc/channel.ts';
import { RpcError, type RpcOptions, STATUS } from '../grpc/rpc-error.ts';
import type { RpcStream } from '../grpc/stream.ts';
import { PD, type TsoRequestSchema, type TsoResponse } from './gen/pdpb_pb.js';
import { timestampOf } from './timestamp.ts';

/** Timestamps from one leader of PD over one stream; all callers of one turn share a request. */
export type TsoStream = Awaited<ReturnType<typeof openTsoStream>>;

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

/** A request under way, and the callers that share its timestamps. */
type Sent = ReturnType<typeof requestFor>;

export async function openTsoStream(channel: Channel, options: TsoOptions, rpc: RpcOptions) {
  let waiting: Caller[] = [];
  let scheduled = false;
  let ended: RpcError | null = null;
  const sent: Sent[] = [];
  const timer = answerTimer(options.timeoutMs, () => {
    end(new RpcError(STATUS.deadline, `${channel.name} gave no timestamp in time`, true));
    stream.close();
  });

  const stream: RpcStream<typeof TsoRequestSchema> = await channel.stream(
    PD.method.tso,
    { onMessage: answered, onEnd: end },
    rpc,
  );

  function end(why: RpcError): void {
    ended ??= why;
    timer.stop();
    for (const request of sent.splice(0)) fail(request, why, options);
    for (const caller of waiting.splice(0)) caller.reject(why);
  }

  function flush(): void {
    scheduled = false;
    if (waiting.length === 0 || ended !== null) return;
    const request = requestFor(waiting, options);
    waiting = [];
    sent.push(request);
    stream.send({ header: { clusterId: options.clusterId }, count: request.count });
    if (sent.length === 1) timer.restart();
  }

  function answered(response: TsoResponse): void {
    const oldest = sent.shift();
    if (sent.length === 0) timer.stop();
    else timer.restart();
    if (oldest !== undefined) serve(oldest, response, options);
  }

  return {
    /** False when it has ended and a new one is needed. */
    alive: (): boolean => ended === null,
    /** The first of `count` timestamps in a row. Rejects with an {@link RpcError} or what `accept` throws. */
    take: (count: number): Promise<bigint> => {
      if (ended !== null) return Promise.reject(ended);
      return new Promise((resolve, reject) => {
        waiting.push({ count, resolve, reject });
        if (scheduled) return;
        scheduled = true;
        queueMicrotask(flush);
      });
    },
    close: (): void => stream.close(),
  };
}

/** Measures how long the oldest request waits for its answer. */
function answerTimer(timeoutMs: number, onLate: () => void) {
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => clearTimeout(timer);
  return {
    stop,
    restart: () => {
      stop();
      timer = setTimeout(onLate, timeoutMs);
    },
  };
}

function requestFor(callers: readonly Caller[], { ask, nowMs }: TsoOptions) {
  const count = callers.reduce((sum, caller) => sum + caller.count, 0);
  return { callers, count, askedAt: ask(), atMs: nowMs() };
}

/** Checks the answer, and gives each caller its timestamps. */
function serve(sent: Sent, response: TsoResponse, options: TsoOptions): void {
  const { physical, logical } = response.timestamp ?? { physical: 0n, logical: 0n };
  const last = timestampOf(physical, logical);
  let first = last - BigInt(sent.count) + 1n;
  try {
    options.accept(response, first, last, sent.askedAt);
  } catch (error) {
    fail(sent, error, options);
    return;
  }
  options.onAnswer('ok', options.nowMs() - sent.atMs);
  for (const caller of sent.callers) {
    caller.resolve(first);
    first += BigInt(caller.count);
  }
}

function fail({ callers, atMs }: Sent, why: unknown, { onAnswer, nowMs }: TsoOptions): void {
  onAnswer('failed', nowMs() - atMs);
  for (const caller of callers) caller.reject(why);
}
