import type { StreamMuxerFactory } from '@libp2p/interface';
import { yamux } from '@libp2p/yamux';

/**
 * Yamux that drops data sent over a connection that has ended. The library announces each new stream in a
 * separate microtask; if the connection ends before that, its write throws outside of any handler, which ends
 * the process.
 */
export function steadyYamux(): () => StreamMuxerFactory {
  const make = yamux();
  return () => {
    const factory = make();
    const steady: StreamMuxerFactory = Object.create(factory);
    steady.createStreamMuxer = (connection) => {
      const muxer = factory.createStreamMuxer(connection);
      if (!('send' in muxer) || typeof muxer.send !== 'function') return muxer;
      const send = muxer.send.bind(muxer);
      muxer.send = (data: Parameters<typeof send>[0]) => {
        try {
          return send(data);
        } catch (error) {
          if (connection.status === 'open') throw error;
          return false;
        }
      };
      return muxer;
    };
    return steady;
  };
}
