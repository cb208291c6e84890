import { z } from 'zod';
import type { StandingFilter } from '../../storage/port.ts';
import { json, refusal } from '../reply.ts';
import { type Call, type Route, route } from '../route.ts';
import { CANDIDATE_FIELDS, type CandidateField, candidateList, candidateView } from '../shapes/candidate.ts';
import { after, limit, nothing, verdict, who, yesNo } from '../shapes/parts.ts';
import type { Site } from '../site.ts';
import { candidateOf, chosen, versionOf } from '../views/candidate.ts';
import { candidateInFull } from '../views/candidate-in-full.ts';
import { versioned } from './versioned.ts';

export const SORTS = ['position', 'name', 'slot', 'rank'] as const;

const fields = z
  .string()
  .max(256)
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(CANDIDATE_FIELDS as [CandidateField, ...CandidateField[]])))
  .optional()
  .describe(
    `The fields of a row, separated by commas: ${CANDIDATE_FIELDS.join(', ')}. All but \`results\` and \`score\` if left out.`,
  );

export const candidatesQuery = z.strictObject({
  limit,
  after,
  verdict: verdict.optional().describe('Candidates with this verdict.'),
  active: yesNo.describe('Candidates in the active set, or outside of it.'),
  kyc: yesNo.describe('Candidates with, or without, KYC.'),
  name: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe('Candidates with this text in their name; case does not matter.'),
  sort: z.enum(SORTS).default('position').describe('The order of the rows.'),
  order: z.enum(['asc', 'desc']).default('asc'),
  fields,
});

export type CandidatesQuery = z.output<typeof candidatesQuery>;

export const candidateRoutes: readonly Route[] = [
  route({
    url: '/v1/candidates',
    tag: 'candidates',
    summary: 'Candidates by the newest snapshot, a page at a time',
    params: nothing,
    query: candidatesQuery,
    answer: { description: 'A page of candidates.', type: 'application/json', shape: candidateList },
    problems: ['stale-page'],
    handle: candidates,
  }),
  route({
    url: '/v1/candidates/:who',
    tag: 'candidates',
    summary:
      'One candidate: every check with its evidence, the deciding reason in the newest round, its history',
    params: z.object({ who }),
    query: nothing,
    answer: { description: 'The candidate.', type: 'application/json', shape: candidateView },
    problems: ['no-such-candidate'],
    handle: async (site, { params }) => {
      const found = await candidateInFull(site, params.who);
      return found === null ? noSuchCandidate(params.who) : json(found);
    },
  }),
];

async function candidates(site: Site, call: Call<unknown, CandidatesQuery>) {
  const { reader } = site;
  const { query } = call;
  const of = await reader.standingsOf();
  return versioned(site, call, versionOf(of), async () => {
    const page = { limit: query.limit, after: query.after ?? null };
    const { rows, total, next } = await reader.ask(({ standings }) => standings.list(filterOf(query), page));
    return { body: { of, rows: rows.map((row) => chosen(candidateOf(row), query.fields)), total, next } };
  });
}

export function filterOf(query: Omit<CandidatesQuery, 'limit' | 'after' | 'fields'>): StandingFilter {
  const { verdict: wanted, active, kyc, name, sort, order } = query;
  return {
    ...(wanted === undefined ? {} : { verdict: wanted }),
    ...(active === undefined ? {} : { active }),
    ...(kyc === undefined ? {} : { kyc }),
    ...(name === undefined ? {} : { name }),
    sort,
    descending: order === 'desc',
  };
}

export function noSuchCandidate(name: string) {
  return refusal('no-such-candidate', `no candidate has the stash, slot or name ${JSON.stringify(name)}`);
}
