import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock, systemRandom } from '@watchbill/kit';
import { openLedger } from '../../service/index.ts';
import { scene } from '../testing/fake-ledger.ts';

const refusal = { status: 401, body: { code: 'unauthenticated', detail: 'unknown token', title: 'x' } };

test('a ledger that is free while a service answers belongs to another service', async (t) => {
  let isForeign = false;
  const foreign = { status: 404, text: '<h1>another program</h1>' };
  const answers = {
    'GET /v1/health': () => (isForeign ? foreign : refusal),
    'POST /v1/freezes': 'silence',
  } as const;
  const { cwd, service, run } = await scene(t, answers);
  const config = readFileSync(join(cwd, 'watchbill.yaml'), 'utf8');
  const { port } = new URL(service.url);
  const own = `operator: { tokenFile: operator.token }\nservice: { dataDir: data, listen: { port: ${port} } }\n`;
  const dir = join(cwd, 'data');
  writeFileSync(join(cwd, 'watchbill.yaml'), own);
  mkdirSync(dir, { mode: 0o700 });
  writeFileSync(join(dir, 'new-ledger'), '');
  const { stderr } = await run(['status', '--wait', '30']);
  assert.match(stderr, /another watchbill listens here: .* but \S+data belongs to a new service/);
  isForeign = true;
  assert.match((await run(['status', '--wait', '30'])).stderr, /another program listens here/);
  isForeign = false;
  const { stderr: silent } = await run(['freeze', '--all', 'intrusion']);
  assert.match(
    silent,
    /another program listens here: it accepts the connection and does not answer, but \S+data belongs to/,
  );
  const ledger = await openLedger({ dir, clock: systemClock({ unref: true }), random: systemRandom() });

  const held = await run(['status']);
  assert.doesNotMatch(held.stderr, /another watchbill/, 'a running service holds its ledger');
  await ledger.close();

  const other = await run(['status']);
  assert.equal(other.code, 1);
  assert.match(other.stderr, /another watchbill listens here: a service that refuses this request answers/);
  assert.match(other.stderr, /service\.listen\.port/);

  writeFileSync(join(cwd, 'watchbill.yaml'), config);
  const named = await run(['status']);
  assert.doesNotMatch(named.stderr, /another watchbill/, 'operator.url may name a service elsewhere');
});
