import type { Clock } from '@watchbill/kit';
import type { Channel } from '../grpc/channel.ts';
import { waited } from '../grpc/connection.ts';
import { RpcError, STATUS } from '../grpc/rpc-error.ts';
import type { Budget } from './budget.ts';
import type { Channels } from './channels.ts';
import type { Identity } from './identity.ts';
import { PD_ATTEMPT_MS } from './pd-leader.ts';
import { openTsoStream, type TsoOptions, type TsoStream } from './tso.ts';

const late = (): RpcError => new RpcError(STATUS.deadline, 'PD did not answer in time', true);

/** Timestamps from the leader of PD, over one stream that is opened again after it ended. */
export type Timestamps = ReturnType<typeof openTimestamps>;

interface Current {
  readonly of: Channel;
  readonly made: Promise<TsoStream>;
  open: TsoStream | null;
}

export function openTimestamps(channels: Channels, clock: Clock, identity: Identity) {
  let current: Current | null = null;

  function optionsFor({ name }: Channel): TsoOptions {
    return {
      clusterId: identity.clusterId(),
      timeoutMs: PD_ATTEMPT_MS,
      ask: identity.highest,
      accept: (response, first, last, askedAt) => {
        identity.check(response.header, name);
        identity.advance(first, last, askedAt, name);
      },
      onAnswer: (outcome, tookMs) => channels.report({ method: 'Tso', outcome, tookMs }),
      nowMs: () => clock.monotonicMs(),
    };
  }

  function streamTo(leader: Channel, budget: Budget): Promise<TsoStream> {
    if (current?.of === leader && current.open?.alive() !== false) return current.made;
    current?.open?.close();
    const { timeoutMs } = budget.request(PD_ATTEMPT_MS);
    const made = openTsoStream(leader, optionsFor(leader), { timeoutMs });
    const mine: Current = { of: leader, open: null, made };
    current = mine;
    made.then(
      (open) => {
        mine.open = open;
      },
      () => {
        if (current === mine) current = null;
      },
    );
    return made;
  }

  return {
    /** The first of `count` in a row. */
    take: async (leader: Channel, count: number, budget: Budget): Promise<bigint> => {
      const ofCaller = <T>(work: Promise<T>) => waited(work, budget.request(budget.leftMs()), late);
      return ofCaller((await ofCaller(streamTo(leader, budget))).take(count));
    },
    close: (): void => current?.open?.close(),
  };
}
