// Typed mistakes, each with the exit status, the place and the remedy of its answer. The service is real.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  createMeter,
  createPermit,
  createServer,
  httpNodeRpc,
  httpPeers,
  openLedger,
  parsePolicy,
} from '@watchbill/duty/service';
import { createMemoryStore } from '@watchbill/duty/store/testing/memory-store';
import { systemClock, systemRandom } from '@watchbill/kit';
import { createLogger } from '@watchbill/kit/log';
import { temporaryFolder } from '@watchbill/kit/testing';
import { runFake } from './testing/run-all.ts';

const cwd = temporaryFolder();
const SECRET = 'a-secret-of-an-operator-1234';
const CHAIN = `0x${'91'.repeat(32)}`;
const ALPHA = `0x${'d4'.repeat(29)}5ac67d`;
const BRAVO = `0x${'e5'.repeat(29)}5ac67d`;
let stop = async (): Promise<void> => undefined;

const policyOf = (key: string, name: string) => ({
  ...{ chain: CHAIN, key, name, duties: { babe: {}, grandpa: {} }, ceilings: { slotMs: 6_000 } },
  ...{ readiness: { required: false }, roster: [{ name: 'box-1', rank: 0 }] },
});

before(async () => {
  const dir = join(cwd, 'data');
  mkdirSync(dir);
  const [clock, random] = [systemClock(), systemRandom()];
  const [log, meter] = [createLogger({ level: 'silent' }), createMeter({ version: '1' })];
  const ledger = await openLedger({ dir, clock, random });
  const store = createMemoryStore({ clock });
  const permit = await createPermit(
    { store, ledger, clock, random, peers: httpPeers(), nodeRpc: httpNodeRpc(), log, meter },
    {
      ...{ name: 'one', url: null, sessionTtlMs: 10_000, storeTimeoutMs: 1_500, operatorSecret: SECRET },
      maxInFlight: 64,
    },
  );
  const none = () => assert.fail('no export here');
  const served = { ...permit, exportLedger: none, trimLedger: none };
  const listen = { kind: 'tcp', port: 0 } as const;
  const server = await createServer(served, { listen, version: '1', logger: log, metrics: meter });
  stop = async () => {
    await server.close(0);
    await permit.drain(0);
    ledger.close();
    await store.close();
  };
  while (!(await permit.health()).ready) await clock.sleep(10);
  for (const document of [policyOf(ALPHA, 'alpha'), policyOf(BRAVO, 'bravo')]) {
    const parsed = parsePolicy(document);
    assert.ok(parsed.ok, JSON.stringify(parsed));
    await permit.applyPolicy(parsed.document, 'ada');
  }
  const text = (name: string, content: string) => writeFileSync(join(cwd, name), content, { mode: 0o600 });
  text('operator.token', `${SECRET}\n`);
  text('empty.token', '');
  text('other.token', 'not-a-token-of-this-ledger\n');
  text('watchbill.yaml', `operator: { tokenFile: operator.token, url: '${server.url}' }\n`);
  text('typo.yaml', 'servise: { name: box }\n');
  text('broken.yaml', 'service: { name: box\n');
  text('plain.txt', 'no certificate\n');
  const policy = (name: string, change: object) =>
    text(name, `${JSON.stringify({ ...policyOf(ALPHA, 'alpha'), ...change }, null, 2)}\n`);
  policy('nmae.yaml', { nmae: 'alpha' });
  policy('taken.yaml', { name: 'bravo' });
  policy('all.yaml', { name: 'all' });
  policy('window.yaml', { duties: { grandpa: { window: 3 } } });
  policy('sassafras.yaml', { duties: { sassafras: {} } });
  policy('short-key.yaml', { key: '0x5ac67d' });
  policy('text.yaml', { standbyDelayMs: 'fast' });
});
after(() => stop());

/** The words, the exit status, and parts of the answer: the place, then the remedy. */
type Row = readonly [line: string, status: number, place: string, remedy: string];

// biome-ignore format: a row a line
const ROWS: readonly Row[] = [
  ['statsu', 2, 'unknown command statsu', 'did you mean status? Or see `watchbill --help`'],
  ['policy', 2, 'a command is missing', 'see `watchbill policy --help`'],
  ['polcy show', 2, 'unknown command polcy', 'did you mean policy? Or see `watchbill --help`'],
  ['policy shwo', 2, 'unknown command shwo', 'did you mean show? Or see `watchbill policy --help`'],
  ['status --jsn', 2, 'unknown option --jsn', 'did you mean --json? Or see `watchbill status --help`'],
  ['status extra', 2, 'surplus argument extra', 'remove it; see `watchbill status --help`'],
  ['handover', 2, '--to <node> is missing', 'add it; see `watchbill handover --help`'],
  ['handover --to', 2, '--to <node> has no value', 'add the value; see `watchbill handover --help`'],
  ['handover --to box-1 --to box-1', 2, 'flag --to', 'give it once'],
  ['handover --to charlie', 2, 'flag --to', 'the nodes are: box-1'],
  ['handover --to box-1 --key 5ac67d', 2, 'flag --key', 'name one of: alpha (…d45ac67d); bravo'],
  ['handover --to box-1 --key zulu', 2, 'flag --key', 'the keys are: alpha (…d45ac67d); bravo'],
  ['handover --to box-1 --yes', 2, 'flag --yes', 'add --execute, or leave --yes out'],
  ['handover --to box-1 --force x', 2, 'flag --force', 'add --execute, or leave --force out'],
  ['handover --to box-1 --key alpha --seconds soon', 2, 'flag --seconds', 'give digits, without a unit: for example 1'],
  ["freeze 'a test'", 2, '--key or --all is missing', 'give one of them'],
  ['freeze --key alpha', 2, 'argument reason is missing', 'add it; see `watchbill freeze --help`'],
  ["freeze --key alpha --all 'a test'", 2, 'flag --all', 'keep one of them'],
  ["freeze --key 222222 'a test'", 2, 'flag --key', 'the keys are: alpha (…d45ac67d); bravo'],
  ["freeze --key 5ac67d 'a test'", 2, 'flag --key', 'name one of: alpha (…d45ac67d); bravo'],
  ["freeze --key 67d 'a test'", 2, 'flag --key', 'the keys are: alpha (…d45ac67d); bravo'],
  ["freeze --key alpha --chain zz 'a test'", 2, 'body.chain', 'Give the genesis hash of the chain, or its last six digits or more;'],
  ["freeze --key alpha --chain 0x1234567890 'a test'", 2, 'flag --key', 'the keys are: alpha (…d45ac67d) on chain …919191; bravo'],
  ["freeze --key 'al pha' 'a test'", 2, 'body.key', 'Give the name of a key, its last six digits or more, or all of it;'],
  ["freeze lift --reason 'a test'", 2, '--key or --all is missing', 'give one of them'],
  ['freeze lift --key alpha', 2, '--reason <text> is missing', 'add it; see `watchbill freeze lift --help`'],
  ["freeze lift --key zulu --reason 'a test'", 2, 'flag --key', 'the keys are: alpha (…d45ac67d); bravo'],
  ['adopt --key alpha --never-signed', 2, '--confirmation <text> is missing', 'add it; see `watchbill adopt --help`'],
  ['adopt --key alpha --confirmation x', 2, '--floor or --never-signed is missing', 'give one of them'],
  ['adopt --key zulu --never-signed --confirmation x', 2, 'flag --key', 'the keys are: alpha (…d45ac67d); bravo'],
  ['adopt --key alpha --confirmation x --floor babe', 2, 'flag --floor babe', 'write duty=unit; duties: babe, aura, aura-blocks, aura-parachain,'],
  ['adopt --key alpha --confirmation x --floor bebe=3', 2, 'flag --floor bebe', 'write duty=unit; duties: babe, aura, aura-blocks, aura-parachain,'],
  ['adopt --key alpha --confirmation x --floor babe=1/2', 2, 'flag --floor babe', 'for example babe=123 or grandpa=5/100'],
  ['adopt --key alpha --confirmation x --floor babe=3 --floor babe=4', 2, 'flag --floor babe', 'give the higher one'],
  ['adopt --key alpha --confirmation x --floor babe=3', 2, 'POST /v1/adoptions', 'Name a floor, or null if the key never signed this duty.'],
  ['adopt --key alpha --confirmation x --floor babe=29999999999 --floor grandpa=1/1', 2, 'flag --floor babe', 'check the number of digits, or add --beyond-clock if you mean it'],
  ['claim --key alpha --duty bebe --unit 3', 2, 'flag --duty', 'give one of: babe, aura, aura-blocks, aura-parachain, aura-scheduling, grandpa, beefy,'],
  ['claim --key alpha --duty grandpa --unit 3 --part enter', 2, 'flag --unit', 'give set/round, for example 12/345'],
  ['claim --key alpha --duty grandpa --unit 3/4', 2, 'flag --part', 'use one of: enter, propose, prevote, precommit'],
  ['claim --key alpha --duty grandpa --unit 3/4 --part seal', 2, 'flag --part', 'use one of: enter, propose, prevote, precommit'],
  ['claim --key zulu --duty babe --unit 3', 2, 'flag --key', 'the keys are: alpha (…d45ac67d); bravo'],
  ['claim --key alpha --duty babe --unit 03', 2, 'flag --unit', 'give slot, for example 281234567'],
  ['claim --key alpha --duty babe --unit 3 --digest abc', 2, 'body.digest', 'Give a digest: 0x and two hex digits for each byte; for example'],
  ['claim --key alpha --duty babe --unit 3 --digest 0x5f', 2, 'POST /v1/claims', 'Send the whole digest of the signed payload, 0x and two hex digits'],
  ['claim --key alpha --duty babe --unit 3 --wait-ms 99999', 2, 'flag --wait-ms', 'give digits, without a unit: for example 1'],
  ['claim --key alpha --duty babe --unit 3 --incarnation x', 2, 'body.incarnation', 'Give an id of 32 lower-case hex digits; for example'],
  ['claim --key alpha --duty babe --unit 3 --term x', 2, 'body.term', 'Give a whole number in decimal, as a text; for example 281234567.'],
  ["claim --key alpha --duty babe --unit 3 --claim-id 'a b'", 2, 'body.claimId', 'Give an id of letters, digits, `_` and `-`, at most 64; for example'],
  ['units', 2, '--key <key> is missing', 'add it; see `watchbill units --help`'],
  ['units --key zulu', 2, 'flag --key', 'the keys are: alpha (…d45ac67d); bravo'],
  ['units --key 5ac67d', 2, 'flag --key', 'name one of: alpha (…d45ac67d); bravo'],
  ['units --key alpha --duty bebe', 2, 'flag --duty', 'give one of: babe, aura, aura-blocks, aura-parachain, aura-scheduling, grandpa, beefy,'],
  ['units --key alpha --since yesterday', 2, 'flag --since', 'write 30m, 24h, 7d, or a moment such as 2026-11-23T08:00Z'],
  ['units --key alpha --since 0h', 2, 'flag --since', 'write 30m, 24h, 7d, or a moment such as 2026-11-23T08:00Z'],
  ['policy show --key zulu', 2, 'flag --key', 'the keys are: alpha (…d45ac67d); bravo'],
  ['policy show --chain 0x12', 2, 'query.chain', 'Give the genesis hash of the chain, or its last six digits or more;'],
  ['policy apply', 2, 'argument file is missing', 'add it; see `watchbill policy apply --help`'],
  ['policy apply missing.yaml', 2, 'missing.yaml', 'name an existing YAML or JSON file'],
  ['policy apply data', 2, 'data', 'name a file'],
  ['policy apply empty.token', 2, 'chain is missing', 'Genesis hash of the chain: 0x and 64 lower-case hex digits.'],
  ['policy apply broken.yaml', 2, 'broken.yaml:2:1', 'correct the text at this place; mind the indentation'],
  ['policy apply nmae.yaml', 2, 'nmae.yaml:21:3', 'did you mean name?'],
  ['policy apply taken.yaml', 1, 'PUT /v1/policies', 'Give this key another name.'],
  ['policy apply all.yaml', 2, 'all.yaml:4:11', 'Give the key another name.'],
  ['policy apply window.yaml', 2, 'window.yaml:7:17', 'Set the window to at least 50, or make ceilings.roundStep or'],
  ['policy apply sassafras.yaml', 2, 'sassafras.yaml:6:18', 'Use one of babe, aura, aura-blocks, aura-parachain, aura-scheduling, grandpa, beefy,'],
  ['policy apply short-key.yaml', 2, 'short-key.yaml:3:10', 'Public session key: 0x and 64 lower-case hex digits, or 66 for an'],
  ['policy apply text.yaml', 2, 'text.yaml:21:21', 'How long a standby waits for each rank below the active node, in'],
  ['ledger show --key zulu', 2, 'flag --key', 'the keys are: alpha (…d45ac67d); bravo'],
  ['ledger show --data-dir missing', 2, 'missing', 'Name the data folder of a service, or a copy of it.'],
  ['ledger show --data-dir empty.token', 2, 'empty.token', 'Name the data folder of a service, or a copy of it.'],
  ['ledger export', 2, '--out <file> is missing', 'add it; see `watchbill ledger export --help`'],
  ['ledger export --out operator.token', 2, 'operator.token', 'name a new one, or move it away first'],
  ['ledger export --out x.ledger --marks', 2, 'flag --marks', 'add --data-dir, or leave --marks out'],
  ['ledger verify missing.ledger', 2, 'missing.ledger', 'correct the name, or create its folder first'],
  ['ledger verify operator.token', 2, 'operator.token, line 1', 'Export again from the service, and move the file unchanged.'],
  ['token create --role king --name ada', 2, 'flag --role', 'give one of: node, observer, operator, reader'],
  ["token create --role node --name 'Ada L'", 2, 'flag --name', '1 to 63 lower-case letters, digits, dots, dashes and underscores;'],
  ['token create --role node --name ada', 2, 'not printing the secret: standard output is not a terminal', 'name a new file with --out FILE, or run without --json on a terminal'],
  ['token create --role node --name ada --original --out a.url', 2, 'flag --original', 'add --key, or leave --original out'],
  ['token create --role reader --name ada --original --key alpha --out b.url', 2, 'POST /v1/tokens', 'Base URLs of the original wire protocol belong to the role `node`.'],
  ['token create --role node --name ada --out operator.token', 2, 'operator.token', 'name a new one, or move it away first'],
  ['token revoke zz', 1, 'DELETE /v1/tokens/zz', 'List them with `watchbill token list`.'],
  ['service remove zz --reason x', 1, 'DELETE /v1/services/zz', 'List them with `watchbill service list`.'],
  ["service approve 'a b' --reason x", 2, 'address.id', 'Give an id of letters, digits, `_` and `-`, at most 64; for example'],
  ['status --url ftp://host', 2, 'the address of the service is not an http or https URL', 'for example --url http://127.0.0.1:8450'],
  ['status --url 127.0.0.1:8450', 2, 'the address of the service is not an http or https URL', 'for example --url http://127.0.0.1:8450'],
  ['status --url http://127.0.0.1:1', 5, 'http://127.0.0.1:1', 'start it with `watchbill serve`, or name the address with --url or'],
  ['status --config missing.yaml', 2, 'flag --config', 'name an existing file, or make one with `watchbill init`'],
  ['status --config typo.yaml', 2, 'typo.yaml:1:1', 'did you mean service?'],
  ['status --config broken.yaml', 2, 'broken.yaml:2:1', 'correct the text at this place; mind the indentation'],
  ['status --config data', 2, 'data', 'name a file'],
  ['status --token-file missing.token', 2, 'the token file', 'name an existing file that this user may read'],
  ['status --token-file empty.token', 2, 'empty.token', 'write the secret alone into the file'],
  ['status --token-file other.token', 1, 'GET /v1/health', 'Use a token of this ledger; `watchbill token create` makes one.'],
  ['status --token-file data', 2, 'the token file', 'name a file'],
  ['status --cert-file plain.txt', 2, 'flag --cert-file', 'name an existing PEM file that this user may read'],
  ['status --context nowhere', 2, 'flag --context', 'add it: watchbill context add'],
  ['status --wait 0.5x', 2, 'flag --wait', 'give digits, without a unit: for example 1'],
  ['status --timeout-ms 0', 2, 'flag --timeout-ms', 'give digits, without a unit: for example 1'],
  ['serve --service-listen-port 99999', 2, 'flag --service-listen-port', 'TCP port; 0 lets the system choose one.'],
  ['serve --store mysql://x', 2, 'flag --store', 'use sqlite:PATH, etcd://HOST:PORT,HOST:PORT/PREFIX or'],
  ['config check --config typo.yaml', 2, 'typo.yaml:1:1', 'did you mean service?'],
  ["init --name 'A B'", 2, 'flag --name', 'use letters, digits, dot, dash and underscore, at most 63, beginning'],
  ['explain no-such-code', 2, 'argument CODE', 'did you mean no-such-route? Or copy the code from the answer, the'],
  ['docs adpot', 2, 'argument WORDS', 'did you mean adopt? Or `watchbill docs` lists the pages; `watchbill'],
  ['completion ksh', 2, 'argument shell', 'give one of: bash, zsh, fish'],
  ['completoin --help', 2, 'unknown command completoin', 'did you mean completion? Or see `watchbill --help`'],
  ['policy aply --help', 2, 'unknown command aply', 'did you mean apply? Or see `watchbill policy --help`'],
  ['guard chekc --help', 2, 'unknown command chekc', 'see `watchbill guard --help`'],
  ['help polcy', 2, 'unknown command polcy', 'did you mean policy? Or see `watchbill --help`'],
  ['help policy aply', 2, 'unknown command aply', 'did you mean apply? Or see `watchbill policy --help`'],
  ['context use nowhere', 2, 'argument name', 'add it: watchbill context add'],
  ['context add', 2, 'argument name is missing', 'add it; see `watchbill context add --help`'],
  ['recover --execute x', 2, 'flag --execute', 'add --confirmation, or leave --execute out'],
  ['monitor alerts --of nothing', 2, 'flag --of', 'give one of: service, coordinate, guard, nominate, fleet'],
];

for (const [line, status, place, remedy] of ROWS)
  test(line, async () => {
    const { code, stderr } = await runFake(wordsOf(line), { cwd });
    assert.equal(code, status, stderr);
    const [said = '', todo = ''] = stderr.split('  what to do: ');
    assert.ok(said.includes(place), stderr);
    assert.ok(todo.includes(remedy), stderr);
    assert.doesNotMatch(stderr, /\^|must match|\[0-9a-f\]|OpenSSL|at file:|undefined/, stderr);
  });

test('a document on standard input has its lines too', () => {
  const bin = join(import.meta.dirname, '../bin/watchbill.mjs');
  const options = { input: 'chain: [', encoding: 'utf8', cwd } as const;
  const { status, stderr } = spawnSync(process.execPath, [bin, 'policy', 'apply', '-'], options);
  assert.equal(status, 2);
  assert.match(stderr, /where: +standard input:1:9/);
});

/** The words of a line; quotes keep spaces. */
function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}
