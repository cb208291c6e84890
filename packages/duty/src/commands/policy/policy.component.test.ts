import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { CHAIN, KEY, policyView, SECRET, scene } from '../testing/fake-ledger.ts';
import { SAMPLE_POLICY } from './sample.ts';

function documentText(changes: Record<string, unknown> = {}): string {
  const { versionId: _id, version: _version, mode: _mode, ...document } = policyView(changes);
  return stringify(document);
}

const current = { status: 200, body: { policies: [policyView()] } };

test('apply shows the changes and their effect, and sends the whole document', async (t) => {
  const { run, cwd, service } = await scene(t, {
    'GET /v1/policies': current,
    'PUT /v1/policies': { status: 200, body: policyView({ version: 2 }) },
  });
  const roster = [...(policyView().roster as object[]), { name: 'carol', rank: 2 }];
  writeFileSync(join(cwd, 'p.yaml'), documentText({ roster, standbyDelayMs: 400 }));
  const ran = await run(['policy', 'apply', 'p.yaml']);
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(ran.stdout, /~ standbyDelayMs: 300 -> 400/);
  assert.match(ran.stdout, /\+ roster\.carol\.rank: 2/);
  assert.match(ran.stdout, /carol may claim as soon as it has an identity/);
  assert.match(ran.stdout, /applied as version 2/);
  const put = service.seen.find(({ method }) => method === 'PUT')?.body as
    | Record<string, unknown>
    | undefined;
  assert.equal(put?.standbyDelayMs, 400);
  assert.ok(put !== undefined && !('versionId' in put) && !('mode' in put));
  assert.ok(!ran.all.includes(SECRET));
});

test('a removed node needs --yes; a dry run and an equal document keep the policy', async (t) => {
  const { run, cwd, service } = await scene(t, {
    'GET /v1/policies': current,
    'PUT /v1/policies': { status: 200, body: policyView({ version: 2 }) },
  });
  writeFileSync(join(cwd, 'less.yaml'), documentText({ roster: [{ name: 'alpha', rank: 0 }] }));
  writeFileSync(join(cwd, 'same.yaml'), documentText());
  const puts = () => service.seen.filter(({ method }) => method === 'PUT').length;
  const refused = await run(['policy', 'apply', 'less.yaml']);
  assert.equal(refused.code, 2);
  assert.match(refused.stdout, /bravo gets no grants as soon as this is applied/);
  assert.match(refused.stderr, /removes bravo.*\n.*\n.*--yes/);
  assert.equal((await run(['policy', 'apply', 'less.yaml', '--dry-run'])).code, 0);
  const same = await run(['policy', 'apply', 'same.yaml']);
  assert.match(same.stdout, /no change/);
  assert.equal(puts(), 0);
  assert.equal((await run(['policy', 'apply', 'less.yaml', '--yes'])).code, 0);
  assert.equal(puts(), 1);
});

test('a wrong document is refused with every problem and its line, before anything is asked', async (t) => {
  const { run, cwd, service } = await scene(t, {});
  writeFileSync(join(cwd, 'bad.yaml'), 'chain: 0x1\nrostr: []\nceilings:\n  slotMs: fast\n');
  const ran = await run(['policy', 'apply', 'bad.yaml']);
  assert.equal(ran.code, 2);
  for (const place of ['bad.yaml:1:8', 'bad.yaml:2:1', 'bad.yaml:4:11'])
    assert.ok(ran.stderr.includes(place), ran.stderr);
  assert.match(ran.stderr, /unknown key rostr[\s\S]*did you mean roster\?/);
  assert.match(ran.stderr, /duties is missing\n.*\n.*add it\. The duties of this key/);
  assert.match(ran.stderr, /chain: must be a text: put it between quotes/);
  assert.doesNotMatch(ran.stderr, /received undefined|Unrecognized|\/\^|policy show/);
  const roster = ['a', 'b'].map((name) => ({ name, rank: 0 }));
  writeFileSync(join(cwd, 'twice.yaml'), documentText({ roster }));
  const twice = await run(['policy', 'apply', 'twice.yaml', '--json']);
  assert.equal(JSON.parse(twice.stderr).error.code, 'invalid-policy');
  writeFileSync(join(cwd, 'two.yaml'), `${documentText({})}---\n${documentText({})}`);
  const two = await run(['policy', 'apply', 'two.yaml']);
  assert.equal(two.code, 2);
  assert.match(two.stderr, /several documents.*\n?.*policy show --key/s);
  assert.equal(service.seen.length, 0);
});

test('each kind of change is explained', async (t) => {
  const duties = policyView().duties as object;
  const roster = ['bravo', 'alpha'].map((name, at) => ({ name, rank: at + 1 }));
  const changes: readonly [Record<string, unknown>, RegExp][] = [
    [{ duties: { babe: { enabled: false, digestRequired: true, window: 1 } } }, /babe is switched off/],
    [{ duties: { ...duties, beefy: { enabled: true } } }, /beefy is switched on/],
    [{ duties: { ...duties, babe: { digestRequired: false } } }, /babe is granted without a digest/],
    [
      { duties: { ...duties, grandpa: { lastUnit: '1/2' } } },
      /grandpa ends at 1\/2: every later unit is denied/,
    ],
    [{ duties: { ...duties, grandpa: { window: 60 } } }, /grandpa remembers fewer units/],
    [{ roster }, /preference is now bravo, alpha/],
    [{ ceilings: { slotMs: 3000 } }, /clock of the chain changes/],
    [{ readiness: { required: false } }, /need no fit report/],
    [{ key: `0x${'33'.repeat(32)}` }, /claims are denied until/],
  ];
  const { run, cwd } = await scene(t, { 'GET /v1/policies': current });
  for (const [change, sentence] of changes) {
    writeFileSync(join(cwd, 'p.yaml'), documentText(change));
    const ran = await run(['policy', 'apply', 'p.yaml', '--dry-run']);
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(ran.stdout, sentence);
    assert.match(ran.stdout, /not applied/);
  }
});

test('show prints documents that apply takes again, filtered', async (t) => {
  const other = policyView({ key: `0x${'33'.repeat(32)}` });
  const { run, cwd } = await scene(t, {
    'GET /v1/policies': { status: 200, body: { policies: [policyView({ freeze: { by: 'ada' } }), other] } },
  });
  const both = await run(['policy', 'show']);
  assert.equal(both.stdout.split('---\n').length, 2);
  const one = await run(['policy', 'show', '--chain', CHAIN, '--key', KEY]);
  writeFileSync(join(cwd, 'again.yaml'), one.stdout);
  assert.match((await run(['policy', 'apply', 'again.yaml'])).stdout, /no change/);
  const json = JSON.parse((await run(['policy', 'show', '--key', KEY, '--json'])).stdout);
  assert.equal(json.policies.length, 1);
});

test('the document that --help shows is a valid one', async (t) => {
  const { run, cwd } = await scene(t, { 'GET /v1/policies': { status: 200, body: { policies: [] } } });
  writeFileSync(join(cwd, 'sample.yaml'), SAMPLE_POLICY);
  assert.equal((await run(['policy', 'apply', 'sample.yaml', '--dry-run'])).code, 0);
});
