import type { DescMessage, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { Clock } from '@watchbill/kit';
import { type Channel, openChannel, type UnaryMethod } from '../grpc/channel.ts';
import type { ChannelTls } from '../grpc/connection.ts';
import type { RpcOptions } from '../grpc/rpc-error.ts';
import type { TikvCall } from './options.ts';

/** One connection to each server of the cluster, and a measure of every call over them. */
export type Channels = ReturnType<typeof openChannels>;

type WithRegionError = { readonly regionError?: unknown };

export function openChannels(tls: ChannelTls | null, clock: Clock, onCall: (call: TikvCall) => void) {
  const open = new Map<string, Channel>();
  const scheme = tls === null ? 'http' : 'https';

  function to(url: URL): Channel {
    const known = open.get(url.origin);
    if (known !== undefined) return known;
    const made = openChannel(url, tls);
    open.set(url.origin, made);
    return made;
  }

  return {
    to,
    /** To a store, by the host and port that PD returned. */
    toStore: (address: string): Channel => to(new URL(`${scheme}://${address}`)),
    call: async <I extends DescMessage, O extends DescMessage>(
      channel: Channel,
      method: UnaryMethod<I, O>,
      request: MessageInitShape<I>,
      options: RpcOptions,
    ): Promise<MessageShape<O>> => {
      const beganMs = clock.monotonicMs();
      let outcome: TikvCall['outcome'] = 'failed';
      try {
        const answer = await channel.unary(method, request, options);
        outcome = (answer as WithRegionError).regionError === undefined ? 'ok' : 'region';
        return answer;
      } finally {
        onCall({ method: method.name, outcome, tookMs: clock.monotonicMs() - beganMs });
      }
    },
    close: (): void => {
      for (const channel of open.values()) channel.close();
    },
  };
}
