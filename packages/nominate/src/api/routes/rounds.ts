import { z } from 'zod';
import { nextInLine } from '../../rounds/explain.ts';
import { storedPieces, textPieces } from '../../rounds/stored.ts';
import { documentOf } from '../reading/document.ts';
import { readKey } from '../reading/snapshot-facts.ts';
import { etagOf, isKnown, json, jsonNow, type Reply, refusal } from '../reply.ts';
import { type Route, route } from '../route.ts';
import { explanationView, roundRow } from '../shapes/candidate.ts';
import { limitOf, nothing, pageOf, pageQuery, roundId, who } from '../shapes/parts.ts';
import { nextView, replayView, roundView } from '../shapes/round.ts';
import type { Site } from '../site.ts';
import { explanationOf } from '../views/round.ts';
import { nextOf, type ReadableRound, roundOf } from '../views/round-in-full.ts';
import { ofRecord, ofRound } from './of-round.ts';

const byId = z.object({ id: roundId });
const MOST_NEXT = 200;
const nextQuery = z.strictObject({ limit: limitOf(MOST_NEXT, 20) });
const TEXT_ANSWER = { type: 'application/json' } as const;
/** The content behind a digest never changes. */
const FOR_EVER = 'public, max-age=31536000, immutable';

const TEXTS = {
  snapshot: 'The snapshot of a round: exactly the bytes with the digest in its record',
  programme: 'The rules of a round: exactly the bytes with the digest in its record',
  record: 'The decisions of a round: exactly the bytes whose digest is its id',
} as const;

export const roundRoutes: readonly Route[] = [
  route({
    url: '/v1/rounds',
    tag: 'rounds',
    summary: 'Rounds, the newest first',
    params: nothing,
    query: pageQuery,
    answer: { description: 'A page of rounds.', type: 'application/json', shape: pageOf(roundRow) },
    problems: ['stale-page'],
    handle: async ({ reader }, { query }) =>
      json(await reader.ask(({ rounds }) => rounds.list({ limit: query.limit, after: query.after ?? null }))),
  }),
  route({
    url: '/v1/rounds/:id',
    tag: 'rounds',
    summary:
      'One round: its seed and rules, each nominator with its targets, how many candidates got each decision, and the outcome',
    params: byId,
    query: nothing,
    answer: { description: 'The round.', type: 'application/json', shape: roundView },
    problems: ['no-such-round', 'round-unreadable'],
    handle: (site, call) => ofRecord(site, call, (round) => json(roundOf(round))),
  }),
  ...Object.entries(TEXTS).map(([name, summary]) => textRoute(name as keyof typeof TEXTS, summary)),
  route({
    url: '/v1/rounds/:id/stored',
    tag: 'rounds',
    summary: 'All texts of a round in one file, as `watchbill nominate round replay` reads it',
    params: byId,
    query: nothing,
    answer: { description: 'The file.', ...TEXT_ANSWER },
    problems: ['no-such-round', 'busy'],
    isDownload: true,
    handle: (site, call) =>
      ofRound(site, call, async ({ id, stored }) => {
        const etag = etagOf(id, 'stored', JSON.stringify(stored.aftermath));
        return file(site, etag, storedPieces(stored), `round-${id}.json`);
      }),
  }),
  route({
    url: '/v1/rounds/:id/explain/:who',
    tag: 'rounds',
    summary: 'Why a round chose or rejected a candidate',
    params: z.object({ id: roundId, who }),
    query: nothing,
    answer: { description: 'The explanation.', type: 'application/json', shape: explanationView },
    problems: ['no-such-round', 'not-in-round', 'round-unreadable'],
    handle: (site, call) =>
      ofRecord(site, call, (round) => {
        const found = explanationOf(round, readKey(call.params.who) ?? slotOr(call.params.who));
        return found === null
          ? refusal(
              'not-in-round',
              `no candidate of the round has the stash, slot or name ${JSON.stringify(call.params.who)}`,
            )
          : json(found);
      }),
  }),
  route({
    url: '/v1/rounds/:id/next',
    tag: 'rounds',
    summary: 'The next eligible candidates that the round did not nominate, best first',
    params: byId,
    query: nextQuery,
    answer: { description: 'The next in line.', type: 'application/json', shape: nextView },
    problems: ['no-such-round', 'round-unreadable'],
    handle: (site, call) => ofRecord(site, call, (round) => nextReply(round, call.query.limit)),
  }),
  route({
    url: '/v1/next',
    tag: 'rounds',
    summary: 'The same for the newest round',
    params: nothing,
    query: nextQuery,
    answer: { description: 'The next in line.', type: 'application/json', shape: nextView },
    problems: ['no-such-round', 'round-unreadable'],
    handle: (site, call) =>
      ofRecord(site, { params: { id: 'newest' } }, (round) => nextReply(round, call.query.limit)),
  }),
  route({
    url: '/v1/rounds/:id/replay',
    tag: 'rounds',
    summary: 'Computes a round again from its texts and compares byte for byte',
    params: byId,
    query: nothing,
    answer: { description: 'The result.', type: 'application/json', shape: replayView },
    problems: ['no-such-round', 'busy'],
    handle: (site, call) =>
      ofRound(site, call, async ({ id, stored }) => {
        const replay = await site.replays.replay(id, stored);
        return replay === 'busy'
          ? refusal('busy', 'several rounds are being computed again already')
          : jsonNow({ round: id, ...replay });
      }),
  }),
];

function textRoute(name: keyof typeof TEXTS, summary: string): Route {
  return route({
    url: `/v1/rounds/:id/${name}`,
    tag: 'rounds',
    summary,
    params: byId,
    query: nothing,
    answer: { description: 'The text.', ...TEXT_ANSWER },
    problems: ['no-such-round', 'busy'],
    isDownload: true,
    handle: async (site, call) => {
      const { id } = call.params;
      const etag = etagOf(id, name);
      if (id !== 'newest' && isKnown(call.ifNoneMatch, etag)) return { kind: 'not-modified', etag };
      return ofRound(site, call, async (round) => {
        const pieces = textPieces(round.stored[name]);
        const reply = await file(site, etagOf(round.id, name), pieces, `${name}-${round.id}.json`);
        if (id === 'newest') return reply;
        return { ...reply, headers: { ...reply.headers, 'cache-control': FOR_EVER } };
      });
    },
  });
}

/** A document, compressed at its first request. `name` has an id in hex, so it cannot break the header. */
async function file({ reader }: Site, etag: string, pieces: Iterable<string>, name: string) {
  const document = await reader.documents.get(etag, () => documentOf(etag, pieces));
  const headers = { 'content-disposition': `attachment; filename="${name}"` };
  return { kind: 'document', document, headers } as const;
}

function nextReply({ id, record }: ReadableRound, count: number): Reply {
  return json({ round: id, era: record.era, rows: nextInLine(record, count).map(nextOf) });
}

/** Records write slots as `#12`; the API also accepts `12`. */
function slotOr(name: string): string {
  return /^[0-9]{1,9}$/.test(name) ? `#${name}` : name;
}
