// A process of its own: claims over HTTP, one kept-alive connection for each lane.

import { type ClaimSeries, claimSeries } from './claims.ts';
import { type Connection, reopened } from './connection.ts';
import { serveJobs } from './jobs.ts';

export interface HttpLoadSetUp {
  readonly port: number;
  readonly secret: string;
  readonly chain: string;
  /** Each has a connection of its own. */
  readonly lanes: number;
  /** Dealt out to the lanes; a lane claims for its keys in turn. */
  readonly keys: readonly string[];
}

interface Lane {
  readonly series: readonly ClaimSeries[];
  turn: number;
  readonly connection: Pick<Connection, 'ask'>;
}

serveJobs<HttpLoadSetUp>(async ({ port, secret, chain, lanes: count, keys }) => {
  const all = keys.map((key) => claimSeries({ chain, key, secret }, Date.now));
  const lanes = Array.from({ length: count }, (_, lane): Lane => {
    return { series: all.filter((_, index) => index % count === lane), turn: 0, connection: reopened(port) };
  });
  return async (index) => {
    const lane = lanes[index];
    const claims = lane?.series[lane.turn++ % lane.series.length];
    if (lane === undefined || claims === undefined) throw new Error(`lane ${index} has no key`);
    claims.check(await lane.connection.ask(claims.next()));
  };
});
