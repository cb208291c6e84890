// Where nodes stand decides: a running programme on recorded facts that name no place, a telemetry server
// that shows addresses, a table of networks. And no address gets out.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { decodeSnapshot, encodeSnapshot } from '@watchbill/nominate';
import { playRecording } from '@watchbill/testkit/telemetry';
import { append, exampleHarness, type Harness, untilFits } from '../service-process.ts';
import { RECORDED, RECORDED_GENESIS, renamed, server } from '../telemetry/telemetry-setup.ts';

const TABLE = `network,country,asn,provider,region,city,kind
# Nobody has these networks: they are for documentation.
203.0.113.0/24,DE,64496,Hetzner Online GmbH,,Falkenstein,hosting
198.51.100.0/24,RU,64497,Somewhere Telecom,,,isp
192.0.2.0/24,FI,64498,One Hosting,Uusimaa,Helsinki,hosting
`;
/** All of them stand at one provider, says the programme. */
const AT_ONE = ['gimbal', 'halyard', 'isobar', 'jib', 'mizzen'];
const ADDRESSES = [
  '203.0.113.10',
  '198.51.100.20',
  '192.168.7.7',
  ...AT_ONE.map((_, at) => `192.0.2.${at + 1}`),
];

interface Entry {
  readonly name: string;
  readonly stash: string;
  readonly slotId: number;
  readonly address?: string;
}

/** The example without a known place, with eras of half a minute. */
async function harness(context: TestContext) {
  const made = await exampleHarness(context);
  const feed = await server(context, { exposeAddresses: true });
  const file = (name: string) => join(made.dir, name);
  const read = decodeSnapshot(readFileSync(file('example-snapshot.json'), 'utf8').trimEnd());
  assert.ok(read.ok);
  const candidates = read.snapshot.candidates.map((record) => ({
    ...record,
    place: { known: false as const, reason: 'nobody says it', from: 'places' },
  }));
  writeFileSync(file('example-snapshot.json'), encodeSnapshot({ ...read.snapshot, candidates }));
  const list = JSON.parse(readFileSync(file('example-candidates.json'), 'utf8')) as { candidates: Entry[] };
  const stashes = new Map(list.candidates.map(({ name, stash }) => [name, stash]));
  const declared: Readonly<Record<string, string>> = { narrows: '198.51.100.20', oakum: '192.168.7.7' };
  const entries = list.candidates.map((one) => {
    const address = declared[one.name];
    return address === undefined ? one : { ...one, address };
  });
  writeFileSync(file('example-candidates.json'), JSON.stringify({ candidates: entries }));
  const own = AT_ONE.map((name, at) => [stashes.get(name), `192.0.2.${at + 1}`]);
  writeFileSync(file('addresses.json'), JSON.stringify(Object.fromEntries(own)));
  writeFileSync(file('places.csv'), TABLE);
  made.change('programme.yaml', /(perSlice:[\s\S]*?provider:) null/, '$1 1');
  made.change('nominate.yaml', 'eraSeconds: 60', `eraSeconds: 30\n  genesis: "${RECORDED_GENESIS}"`);
  made.change('nominate.yaml', 'telemetry: []', `telemetry: [{ name: local, url: "${feed.feedUrl}" }]`);
  made.change(
    'nominate.yaml',
    /(candidates|telemetry|places|snapshot|history|standings|round): 10/g,
    '$1: 3',
  );
  append(made, 'places: { table: places.csv, addresses: addresses.json }');
  return { made, feed, list };
}

interface Seen {
  readonly results: readonly { readonly id: string; readonly outcome: string; readonly message: string }[];
}

/** Of what the points of a candidate rest on nothing. */
async function unknownParts(url: string, slot: number): Promise<readonly string[]> {
  const { score } = (await (await fetch(`${url}/v1/candidates/${slot}`)).json()) as {
    score: { unknown: string[] };
  };
  return score.unknown;
}

interface Said {
  readonly fact: string;
  readonly value: string;
  readonly ageMs: number | null;
}

async function outcomeOf(url: string, slot: number, id: string): Promise<string> {
  const { results } = (await (await fetch(`${url}/v1/candidates/${slot}`)).json()) as Seen;
  const result = results.find((one) => one.id === id);
  return `${result?.outcome}: ${result?.message}`;
}

async function placeSays(url: string, slot: number, expected: RegExp): Promise<void> {
  await untilFits(
    async () =>
      (await (await fetch(`${url}/v1/candidates/${slot}`)).json()) as { readonly facts: readonly Said[] },
    ({ facts }) =>
      facts.some(({ fact, value, ageMs }) => fact === 'place' && expected.test(value) && ageMs !== null),
  );
}

const text = async (url: string): Promise<string> => (await fetch(url)).text();

test('a candidate is refused for its provider, one for its country, and one provider gets one place in a slice', async (context) => {
  const { made, feed, list } = await harness(context);
  const slotOf = (name: string) =>
    list.candidates.find((one) => one.name === name)?.slotId ?? assert.fail(name);
  await play(context, feed.submitUrl, 'anchor', '203.0.113.10');
  // This one reports from this machine.
  await play(context, feed.submitUrl, 'windlass');
  const running = await made.run();
  const { url } = running;

  const outcomes = (name: string, id: string, expected: RegExp) =>
    untilFits(
      () => outcomeOf(url, slotOf(name), id),
      (told) => expected.test(told),
    );
  await outcomes(
    'anchor',
    'provider',
    /^fail: it runs at Hetzner Online GmbH, which the programme does not take/,
  );
  await outcomes('narrows', 'sanctioned-area', /^fail: it runs in RU, from where/);
  await outcomes('gimbal', 'provider', /^pass: it runs at One Hosting/);
  await outcomes('oakum', 'provider', /^unknown/);
  await placeSays(url, slotOf('oakum'), /its address is private, and belongs to no place/);
  await placeSays(url, slotOf('windlass'), /its address is of this machine \(loopback\)/);
  await placeSays(url, slotOf('gimbal'), /^Helsinki, Uusimaa, FI, One Hosting$/);
  const isPart = (part: string) => ['location', 'region', 'country', 'provider'].includes(part);
  assert.deepEqual((await unknownParts(url, slotOf('gimbal'))).filter(isPart), []);
  assert.equal((await unknownParts(url, slotOf('oakum'))).filter(isPart).length, 4);
  await placeSays(url, slotOf('narrows'), /^RU \(declared\), Somewhere Telecom \(declared\)$/);

  const refused = ['anchor', 'narrows'];
  const isRefused = ({ name, decision }: Round['candidates'][number]): boolean =>
    refused.includes(name) && decision.code === 'invalid';
  const isCapped = ({ name, decision: { code, detail } }: Round['candidates'][number]): boolean =>
    AT_ONE.includes(name) && code === 'capped' && detail.includes('provider');
  // The first round may have been decided before all of the places were known.
  const round = await untilFits(
    () => newestRound(url),
    ({ record: { candidates } }) =>
      candidates.some(isCapped) && candidates.filter(isRefused).length === refused.length,
  );
  const targets = round.record.nominators.map((one) => one.targets.map((key) => nameOf(round.record, key)));
  for (const slice of targets)
    assert.ok(slice.filter((name) => AT_ONE.includes(name)).length <= 1, slice.join());
  for (const name of refused) assert.ok(!targets.flat().includes(name), name);
  const { stash = '' } = list.candidates.find(({ name }) => name === 'gimbal') ?? {};
  await nothingGetsOut(made, url, round.id, stash);
  assert.equal(await running.end(), 0, running.log());
  for (const address of ADDRESSES) assert.ok(!running.log().includes(address), address);
});

interface Round {
  readonly nominators: readonly { readonly targets: readonly string[] }[];
  readonly candidates: readonly {
    readonly name: string;
    readonly stashKey: string;
    readonly decision: { readonly code: string; readonly detail: string };
  }[];
}

const nameOf = ({ candidates }: Round, key: string) =>
  candidates.find(({ stashKey }) => stashKey === key)?.name ?? key;

async function newestRound(url: string): Promise<{ readonly id: string; readonly record: Round }> {
  const { rows } = JSON.parse(await text(`${url}/v1/rounds`)) as { rows: { id: string }[] };
  const id = rows[0]?.id ?? assert.fail('no round yet');
  return { id, record: JSON.parse(await text(`${url}/v1/rounds/${id}/record`)) };
}

async function play(context: TestContext, url: string, name: string, from?: string): Promise<void> {
  const node = await playRecording(url, renamed(RECORDED.alice, name, `id of ${name}`), from);
  context.after(() => node.kill());
}

/** Every route that takes no more than a candidate or a round, every page, and all that is stored. */
async function nothingGetsOut(made: Harness, url: string, round: string, stash: string): Promise<void> {
  const { paths } = JSON.parse(await text(`${url}/openapi.json`)) as { readonly paths: object };
  const pages = [
    '/status',
    '/status/candidates',
    '/status/candidates/0',
    '/status/candidates/14',
    '/status/jobs',
    `/status/rounds/${round}`,
  ];
  const routes = Object.keys(paths).map((path) =>
    path
      .replace('{id}', path.startsWith('/v1/rounds') ? round : '0')
      .replace(/\{(who|stash|address)\}/, stash)
      .replaceAll(/\{[a-z]+\}/gi, '0'),
  );
  const placed: string[] = [];
  for (const route of new Set([...routes, ...pages])) {
    const body = await text(`${url}${route}`);
    if (body.includes('One Hosting')) placed.push(route);
    for (const address of ADDRESSES) assert.ok(!body.includes(address), `${address} at ${route}`);
  }
  const shown = [
    `/v1/rounds/${round}/snapshot`,
    '/v1/places',
    '/locationstats',
    `/location/validator/${stash}`,
  ];
  for (const route of shown)
    assert.ok(placed.includes(route), `${route} shows places, as ${placed.join()} do`);
  const files = readdirSync(made.dir).filter((name) => name.startsWith('programme.db'));
  for (const name of files) {
    const bytes = readFileSync(join(made.dir, name), 'latin1');
    for (const address of ADDRESSES) assert.ok(!bytes.includes(address), `${address} in ${name}`);
  }
  assert.ok(files.length > 0);
}
