import { figure } from '@watchbill/testkit/bench/budgets';
import { figureOver, writtenBytes } from '../../bench/peers/results.ts';

/** @typedef {import('./peers.mjs').Results} Results */
/** @typedef {import('./profile.mjs').Profile} Profile */

const BUSY = '256 connections';

/** Why budgets are missed, from the same runs. @param {Results} peers @param {Profile} profile */
export function missedBlocks(peers, profile) {
  const part = (title, name) => {
    const { parts } = profile.profiles.find((each) => each.title === title) ?? fail(title);
    return figure(parts[name], 'µs');
  };
  const processor = (service) =>
    figure(figureOver(peers, 'c256', service, ({ serviceUs }) => serviceUs).middle, 'µs');
  const bytes = (service) => figure(figureOver(peers, 'one', service, writtenBytes).middle, 'B');
  const sqlite = `SQLite, ${BUSY}`;
  return [
    '### Why budgets are missed',
    [
      `- **Many connections on SQLite.** The processor is the limit: a grant costs the service ${processor('watchbill-sqlite')} of it, HTTP alone ${processor('http')}, and one commit carries the grants of many connections. HTTP takes ${part(sqlite, 'HTTP')} of the grant, the rules ${part(sqlite, 'rules')}, store and ledger ${part(sqlite, 'store')} and ${part(sqlite, 'ledger')}. The rules check a token, the policy and the word of the claimant, and make and hash the next entry and mark. The peers do none of this.`,
      `- **One connection on SQLite.** A grant is one commit of SQLite with the mark, the entry and the decision ([decision 0072](../../decisions/0072-one-file.md)). It writes ${bytes('watchbill-sqlite')} in whole pages; the two logs write ${bytes('logs')}. Smaller pages halved the bytes, and changed neither the rate nor the median ([decision 0051](../../decisions/0051-small-pages.md)).`,
      '- **500 claims/s on SQLite.** The commit stops the one thread of the service, so a claim that comes meanwhile waits. About once a second a sync takes 2 to 11 ms, and the copy of a log into its file takes 20 to 35 ms after each 1,400 grants ([decision 0052](../../decisions/0052-cost-of-a-grant.md#the-slowest-answers-on-sqlite-at-500-claimss)).',
      `- **etcd.** A transaction compares the mark, the policy, the epoch and the session, where the peer compares one key, and its request has the old and the new mark. With ${BUSY} the rules cost ${part(`etcd, ${BUSY}`, 'rules')} and the store's client ${part(`etcd, ${BUSY}`, 'store')}; with one connection the client costs ${part('etcd, 1 connection', 'store')}, because each grant is a call.`,
      '- **Keys.** More keys mean more of everything in memory: records that the processor has to fetch, and that the collector visits. The last two columns of [the profile](#where-the-time-of-a-grant-goes) show that every part takes longer.',
      '- **Services over one etcd.** Each service gets a part of the claims, so fewer grants share a call, a transaction and a commit. The costs of one connection and of many show the same.',
      '- **Designs that were tried.** [Decision 0052](../../decisions/0052-cost-of-a-grant.md) divides a grant into seventeen parts, of which the largest has 12 %, and measures five designs. Binary marks would save 14 % of the processor of service and members on etcd, and 1 % on SQLite; a way past fastify 5 %; one generation for all policies, commits in another thread and several claims in one request less. None brings a missed budget within its bound.',
      '- **The gate.** [packages/testkit/bench/README.md](../../../packages/testkit/bench/README.md#what-was-measured) has the stages of a claim, by trace points in node and service.',
    ].join('\n'),
  ];
}

function fail(title) {
  throw new Error(
    `packages/testkit/bench/results/profile.json has no profile ${title}; take it again with: npm run bench -- profile --save`,
  );
}
