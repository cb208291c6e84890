import { figure } from '@watchbill/testkit/bench/budgets';
import { figureOver, serviceProcessor, writtenBytes } from '../../bench/peers/results.ts';

/** @typedef {import('./peers.mjs').Results} Results */
/** @typedef {import('./profile.mjs').Profile} Profile */

/**
 * Figures for the reasons why budgets are missed, from the same runs.
 * @param {Results} peers
 * @param {Profile} profile
 */
export function costs(peers, { profiles }) {
  const part = (title, name) => {
    const found = profiles.find((each) => each.title === title);
    if (found !== undefined) return figure(found.parts[name], 'µs');
    throw new Error(
      `packages/testkit/bench/results/profile.json has no profile ${title}; take it again with: npm run bench -- profile --save`,
    );
  };
  const busy = (name) => part('SQLite, 256 connections', name);
  const processor = (service) => figure(figureOver(peers, 'c256', service, serviceProcessor).middle, 'µs');
  const bytes = (service) => figure(figureOver(peers, 'one', service, writtenBytes).middle, 'B');
  return {
    'processor of watchbill': processor('watchbill-sqlite'),
    'processor of HTTP': processor('http'),
    ...{ HTTP: busy('HTTP'), rules: busy('rules'), store: busy('store'), ledger: busy('ledger') },
    'bytes of watchbill': bytes('watchbill-sqlite'),
    'bytes of two logs': bytes('logs'),
    'rules on etcd': part('etcd, 256 connections', 'rules'),
    'client of etcd': part('etcd, 256 connections', 'store'),
    'client of etcd, 1 connection': part('etcd, 1 connection', 'store'),
  };
}
