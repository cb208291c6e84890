// A load process: validators with two nodes each. One operation is one second of one validator.

import { claimsPerSecond, LIVE_CHAIN } from '../capacity/validators.ts';
import { type ClaimSeries, claimSeries } from './claims.ts';
import { type Connection, postRequest, reopened } from './connection.ts';
import { serveJobs } from './jobs.ts';

export interface ValidatorsLoadSetUp {
  readonly port: number;
  readonly chain: string;
  readonly validators: readonly {
    readonly key: string;
    /** Secrets of the tokens of its nodes; the first node is the active one. */
    readonly secrets: readonly string[];
  }[];
}

interface Node {
  readonly secret: string;
  readonly connection: Pick<Connection, 'ask'>;
}

interface Validator {
  readonly key: string;
  readonly nodes: readonly Node[];
  readonly claims: ClaimSeries;
  /** Claims that are due; a fraction is left for the next second. */
  due: number;
}

const PER_SECOND = claimsPerSecond(LIVE_CHAIN);

serveJobs<ValidatorsLoadSetUp>(async ({ port, chain, validators: given }) => {
  const validators = given.map(({ key, secrets }, index): Validator => {
    const nodes = secrets.map((secret) => ({ secret, connection: reopened(port) }));
    const claims = claimSeries({ chain, key, secret: secrets[0] ?? '' }, Date.now);
    return { key, nodes, claims, due: index / given.length };
  });
  return async (index) => {
    const validator = validators[index];
    if (validator === undefined) throw new Error(`lane ${index} has no validator`);
    await Promise.all(validator.nodes.map((node) => report({ chain, key: validator.key }, node)));
    const [active] = validator.nodes;
    for (validator.due += PER_SECOND; active !== undefined && validator.due >= 1; validator.due -= 1)
      validator.claims.check(await active.connection.ask(validator.claims.next()));
  };
});

/** What a gate sends each second: how far its chain is, and how its node is. */
async function report({ chain, key }: { chain: string; key: string }, node: Node): Promise<void> {
  const { connection, secret } = node;
  // A new height and round each second: the service writes every change to the store.
  const second = String(Math.floor(Date.now() / 1_000));
  const observation = { chain, finalizedBlock: second, setId: '1', round: second };
  await connection.ask(postRequest('/v1/observations', secret, JSON.stringify(observation)));
  const readiness = {
    ...{ chain, keys: [key], syncing: false, peers: 40, finalityLagBlocks: 2, clockOffsetMs: 1 },
    ...{ version: '1.0.0', heldKeys: [key] },
  };
  await connection.ask(postRequest('/v1/readiness', secret, JSON.stringify(readiness)));
}
