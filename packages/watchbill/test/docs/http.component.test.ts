import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  freePort,
  type ServiceProcess,
  startServiceProcess,
  temporaryFolder,
  untilReady,
} from '@watchbill/testkit';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { ROOT } from '@watchbill/testkit/pages/page-run';

leaveNothing('http');

const PAGE = 'docs/duty/reference/http.md';

/** The order in which a new service answers the examples as shown. */
const ORDER = [
  'GET /v1/changes',
  'PUT /v1/policies',
  'POST /v1/adoptions',
  'POST /v1/tokens',
  'POST /v1/readiness',
  'POST /v1/observations',
  'POST /v1/signatures',
  'POST /v1/votes',
  'POST /v1/offences',
  'POST /v1/units/due',
  'POST /v1/claims',
  'GET /v1/marks',
  'GET /v1/watch',
  'POST /v1/watch/drill',
  'GET /v1/standbys',
  'POST /v1/watch/handover',
  'GET /v1/policies',
  'POST /v1/freezes',
  'POST /v1/freezes/lift',
  'GET /v1/decisions',
  'GET /v1/decisions/stream',
  'GET /v1/units',
  'GET /v1/ledger/export',
  'GET /v1/upkeep',
  'GET /v1/services',
  'GET /v1/rollback-reports',
  'GET /v1/health',
  'GET /v1/tokens',
  'DELETE /v1/tokens/{id}',
  'GET /livez',
  'GET /readyz',
  'GET /metrics',
];
/** Of which only the refusal is seen here. */
const REFUSED = [
  // The one service serves already.
  ['POST /v1/services/{id}/approve', 409, 'service-serving'],
  // Needs a second service that is lost: recover/lost-disk.md.
  ['DELETE /v1/services/{id}', 404, 'service-unknown'],
  // Needs a store that went back.
  ['POST /v1/rollback-reports/{id}/release', 404, 'report-unknown'],
  // The ledger of the example is another one, and so is its export.
  ['POST /v1/upkeep/verifications', 409, 'other-ledger'],
  ['POST /v1/ledger/trim', 409, 'export-unknown'],
] as const;

interface Example {
  readonly method: string;
  readonly target: string;
  readonly role: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly status: number;
  /** Null where the answer has no body or is not JSON. */
  readonly answer: unknown;
}

/** Every example of the page, by the heading that it stands under. */
function examples(): ReadonlyMap<string, Example> {
  const text = readFileSync(join(ROOT, PAGE), 'utf8');
  const sections = text.split(/^### /m).slice(1);
  return new Map(
    sections.flatMap((section): [string, Example][] => {
      const request = /^```http\n([\s\S]*?)\n```\n\nAnswer (\d+)/m.exec(section);
      if (request === null) return [];
      const [head = '', body] = (request[1] ?? '').split('\n\n');
      const answer = /^Answer \d+:\n\n```json\n([\s\S]*?)\n```/m.exec(section)?.[1];
      const example = {
        ...headOf(head),
        body,
        status: Number(request[2]),
        answer: answer === undefined ? null : JSON.parse(answer),
      };
      return [[section.split('\n', 1)[0] ?? '', example]];
    }),
  );
}

function headOf(text: string): Pick<Example, 'method' | 'target' | 'role' | 'headers'> {
  const [first = '', ...lines] = text.split('\n');
  const [method = '', target = ''] = first.split(' ');
  const headers = Object.fromEntries(lines.map((line) => line.split(': ') as [string, string]));
  const { Authorization: shown, ...rest } = headers;
  return {
    method,
    target,
    role: shown?.replace('Bearer TOKEN-OF-', '').toLowerCase() ?? null,
    headers: rest,
  };
}

/** Time that a busy machine may take, where the example leaves it to the defaults. */
const PATIENCE: Readonly<Record<string, object>> = {
  '/v1/claims': { timeoutMs: 20_000 },
  // The slot of the examples is the slot of now.
  '/v1/policies': {
    watchTtlMs: 600_000,
    ceilings: { slotMs: 6_000, genesisMs: Date.now() - 281_234_567 * 6_000, allowedSkewMs: 60_000 },
  },
};

function patient({ target, body = '' }: Example): string {
  const more = PATIENCE[target];
  return more === undefined ? body : JSON.stringify({ ...JSON.parse(body), ...more });
}

/** Members and their types; null stands for anything, and a list is as its first member. */
function assertShape(actual: unknown, shown: unknown, where: string): void {
  if (actual === null || shown === null) return;
  assert.equal(typeof actual, typeof shown, where);
  if (Array.isArray(actual) && Array.isArray(shown)) {
    if (actual.length > 0 && shown.length > 0) assertShape(actual[0], shown[0], `${where}[0]`);
    return;
  }
  if (typeof actual !== 'object' || typeof shown !== 'object') return;
  const names = (value: object) => Object.keys(value).sort();
  assert.deepEqual(names(actual), names(shown), where);
  for (const [name, member] of Object.entries(shown))
    assertShape((actual as Record<string, unknown>)[name], member, `${where}.${name}`);
}

async function tokens(service: ServiceProcess): Promise<ReadonlyMap<string, string>> {
  const make = async (role: string, name: string) =>
    ((await service.admin('POST', '/v1/tokens', { role, name })) as { secret: string }).secret;
  return new Map([
    ['operator', await make('operator', 'ada')],
    ['reader', await make('reader', 'dashboard')],
    ['node', await make('node', 'alpha')],
    ['standby', await make('node', 'bravo')],
  ]);
}

test('every example of the HTTP reference is answered as shown', async (context) => {
  const folder = await temporaryFolder('docs');
  const service = await startServiceProcess({
    dir: folder.dir,
    port: await freePort(),
    store: { kind: 'sqlite' },
    sessionTtlMs: 30_000,
  });
  // In the order in which they are given: the folder goes after the service that writes into it.
  context.after(() => service.kill());
  context.after(folder.remove);
  await untilReady(service);
  const shown = examples();
  assert.deepEqual([...shown.keys()].sort(), [...ORDER, ...REFUSED.map(([name]) => name)].sort());
  const secrets = await tokens(service);

  const send = async (example: Example, role = example.role) => {
    const response = await service.fetch(await realTarget(service, example), {
      method: example.method,
      headers: {
        ...example.headers,
        ...(role === null ? {} : { authorization: `Bearer ${secrets.get(role)}` }),
      },
      ...(example.body === undefined ? {} : { body: patient(example) }),
      signal: AbortSignal.timeout(20_000),
    });
    return response;
  };

  for (const name of ORDER) {
    const example = shown.get(name);
    assert.ok(example !== undefined, name);
    const readiness = shown.get('POST /v1/readiness');
    if (name === 'POST /v1/watch/drill' && readiness !== undefined) await send(readiness, 'standby');
    const response = await send(example);
    assert.equal(response.status, example.status, name);
    if (name === 'GET /v1/decisions/stream') {
      assert.match(await firstEvent(response), /event: decision\ndata: \{"id":1,/);
      continue;
    }
    const text = await response.text();
    if (name === 'GET /v1/ledger/export') {
      assert.match(
        text,
        /"kind":"header"[^\n]*\n[\s\S]*\n\{"counts":\{"change":\d+,"decision":1,[^\n]*"kind":"end",[^\n]*\n$/,
      );
      continue;
    }
    if (example.answer === null) continue;
    const actual: unknown = JSON.parse(text);
    assertShape(actual, example.answer, name);
    if (name === 'POST /v1/claims') {
      const { outcome, reason } = actual as Record<string, unknown>;
      assert.deepEqual({ outcome, reason }, { outcome: 'granted', reason: 'new' });
    }
  }
  for (const [name, status, code] of REFUSED) {
    const example = shown.get(name);
    assert.ok(example !== undefined, name);
    const refused = await send(example);
    assert.equal(refused.status, status, name);
    assert.equal(((await refused.json()) as { code: string }).code, code);
  }
});

/** The id in the path of an example is one of another ledger: it is replaced by one of this. */
async function realTarget(service: ServiceProcess, { method, target }: Example): Promise<string> {
  if (method === 'POST' && target.startsWith('/v1/services/')) {
    const { services } = (await service.admin('GET', '/v1/services')) as { services: { id: string }[] };
    return `/v1/services/${services[0]?.id}/approve`;
  }
  if (method === 'DELETE' && target.startsWith('/v1/tokens/')) {
    const { token } = (await service.admin('POST', '/v1/tokens', { role: 'reader', name: 'gone' })) as {
      token: { id: string };
    };
    return `/v1/tokens/${token.id}`;
  }
  return target;
}

async function firstEvent(response: Response): Promise<string> {
  assert.ok(response.body !== null);
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (/^data: .*\n/m.test(text)) break;
  }
  return text;
}
