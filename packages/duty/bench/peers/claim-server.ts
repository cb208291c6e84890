import { answerParent } from '@watchbill/testkit/bench/child';
import { fastify } from 'fastify';

/** The part of a claim that a peer reads. The load sends the same body to each service. */
export interface PeerClaim {
  readonly claimId: string;
  readonly chain: string;
  readonly key: string;
  readonly duty: string;
  readonly unit: string;
  readonly part: string;
  readonly digest: string;
  readonly incarnation: string;
}

/** Settles once the answer is durable: whether the unit is granted. Rejects if the peer cannot know. */
export type Grant = (claim: PeerClaim) => Promise<boolean>;

const TEXT = { type: 'string', maxLength: 256 } as const;
const FIELDS = ['claimId', 'chain', 'key', 'duty', 'unit', 'part', 'digest', 'incarnation'] as const;
const BODY = {
  type: 'object',
  required: FIELDS,
  properties: Object.fromEntries(FIELDS.map((name) => [name, TEXT])),
} as const;
const REPLY = {
  type: 'object',
  properties: Object.fromEntries(['outcome', ...FIELDS].map((name) => [name, { type: 'string' }])),
} as const;

/**
 * Be a peer: the first message of the bench sets the service up, and the answer is its port. Each peer has
 * the same HTTP server, with the checks that fastify makes from a schema, and without tokens.
 */
export function servePeer<SetUp>(open: (setUp: SetUp) => Promise<Grant>): void {
  answerParent(async (message) => {
    const grant = await open(message as SetUp);
    const app = fastify();
    app.post<{ Body: PeerClaim }>(
      '/v1/claims',
      { schema: { body: BODY, response: { 200: REPLY } } },
      async ({ body }) => ({ outcome: (await grant(body)) ? 'granted' : 'denied', ...body }),
    );
    const address = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
    return Number(address.port);
  });
}
