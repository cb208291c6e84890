import { z } from 'zod';
import { readKey } from '../reading/snapshot-facts.ts';
import { json, refusal } from '../reply.ts';
import { type Route, route } from '../route.ts';
import { intentList, intentView, nominatorList, nominatorView } from '../shapes/nominator.ts';
import { intentId, limit, nothing, who, yesNo } from '../shapes/parts.ts';
import { intentOf, intentsOf, nominatorsOf } from '../views/nominators.ts';

const JSON_ANSWER = { type: 'application/json' } as const;

export const nominatorRoutes: readonly Route[] = [
  route({
    url: '/v1/nominators',
    tag: 'nominators',
    summary: 'All nominators: the bond of each, its decision in the newest round, its newest intents',
    params: nothing,
    query: nothing,
    answer: { description: 'The nominators.', ...JSON_ANSWER, shape: nominatorList },
    problems: [],
    handle: async (site) => json({ rows: await nominatorsOf(site) }),
  }),
  route({
    url: '/v1/nominators/:who',
    tag: 'nominators',
    summary: 'One nominator',
    params: z.object({ who }),
    query: nothing,
    answer: { description: 'The nominator.', ...JSON_ANSWER, shape: nominatorView },
    problems: ['no-such-nominator'],
    handle: async (site, { params }) => {
      const key = readKey(params.who);
      const found = (await nominatorsOf(site)).find(({ stashKey, name }) =>
        key === null ? name === params.who : stashKey === key,
      );
      const detail = `no nominator has the stash or name ${JSON.stringify(params.who)}`;
      return found === undefined ? refusal('no-such-nominator', detail) : json(found);
    },
  }),
  route({
    url: '/v1/intents',
    tag: 'nominators',
    summary: 'Intents: one nomination of one nominator in one round each, the newest first',
    params: nothing,
    query: z.strictObject({
      limit,
      open: yesNo.describe('Open intents, or ended ones.'),
      nominator: who.optional().describe('Intents of this stash: an address, or `0x` and 64 hex digits.'),
    }),
    answer: { description: 'The intents.', ...JSON_ANSWER, shape: intentList },
    problems: [],
    handle: async ({ reader }, { query: { open, nominator, limit: most } }) => {
      const key = nominator === undefined ? null : readKey(nominator);
      if (nominator !== undefined && key === null)
        return refusal('invalid-request', 'query nominator: it is neither an address nor a public key');
      const filter = {
        limit: most,
        ...(open === undefined ? {} : { open }),
        ...(key === null ? {} : { nominator: key }),
      };
      return json({ rows: await intentsOf(reader, filter) });
    },
  }),
  route({
    url: '/v1/intents/:id',
    tag: 'nominators',
    summary: 'One intent with its extrinsics and its journal',
    params: z.object({ id: intentId }),
    query: nothing,
    answer: { description: 'The intent.', ...JSON_ANSWER, shape: intentView },
    problems: ['no-such-intent'],
    handle: async (site, { params: { id } }) => {
      const found = await intentOf(site, id);
      return found === null ? refusal('no-such-intent', `no intent has the id ${id}`) : json(found);
    },
  }),
];
