import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { type Io, runCli, systemIo } from 'watchbill';
import { assertDecided, CHAIN, claimBody, KEY, SLOT_MS } from './bad-input-ground.ts';
import { type CommandLine, commandLine } from './cli-process.ts';

leaveNothing('tls');

const YEAR_MS = 365 * 86_400_000;

interface Shown {
  readonly cert?: string;
  readonly key?: string;
}

/**
 * Certificates of an authority whose clock stood two years back: it is valid itself, what it issued is not
 * any more.
 */
async function issuedLongAgo(cwd: string): Promise<void> {
  mkdirSync(cwd);
  const real = systemIo();
  const heard: string[] = [];
  const io: Io = {
    ...real,
    cwd,
    env: {},
    out: (text) => void heard.push(text),
    err: (text) => void heard.push(text),
    clock: { ...real.clock, nowMs: () => real.clock.nowMs() - 2 * YEAR_MS },
  };
  assert.equal(await runCli(['init', '--tls', '--node', 'alpha'], io), 0, heard.join(''));
}

function shown({ cwd }: CommandLine, folder: string, name: string): Shown {
  const read = (end: string) => readFileSync(join(cwd, folder, 'tls', `${name}.${end}`), 'utf8');
  return { cert: read('pem'), key: read('key') };
}

/** Ask over a connection of its own; null where the connection did not come about. */
function ask(url: string, ca: string, certificate: Shown, body: string) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const asking = request(
      `${url}/v1/claims`,
      { method: 'POST', agent: false, ca, headers, timeout: 60_000, ...certificate },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    asking.on('timeout', () => asking.destroy(new Error('no answer in time')));
    asking.on('error', reject);
    asking.end(body);
  });
}

test('client certificates: expired, of another authority, without a role, and none', async (context: TestContext) => {
  const line = commandLine(context);
  const { cwd, run } = line;
  assert.equal((await run('init', '--tls', '--node', 'alpha')).code, 0);
  assert.equal((await run('init', '--tls', '--node', 'alpha', '--dir', 'stranger')).code, 0);
  await issuedLongAgo(join(cwd, 'old'));
  appendFileSync(join(cwd, 'tls', 'ca.pem'), readFileSync(join(cwd, 'old', 'tls', 'ca.pem')));
  const service = await line.serve('--service-listen-port', '0');
  const at = ['--url', service.url];
  writeFileSync(
    join(cwd, 'policy.yaml'),
    JSON.stringify({
      chain: CHAIN,
      key: KEY,
      roster: [{ name: 'alpha', rank: 0 }],
      duties: { babe: {} },
      ceilings: { slotMs: SLOT_MS, allowedSkewMs: 600_000 },
      readiness: { required: false },
    }),
  );
  assert.equal((await run('policy', 'apply', 'policy.yaml', ...at)).code, 0);
  const of = ['--chain', CHAIN, '--key', KEY];
  const adopted = await run('adopt', ...of, '--never-signed', '--confirmation', 'new', ...at);
  assert.equal(adopted.code, 0, adopted.stderr);
  const marks = async () => JSON.stringify(JSON.parse((await run('status', '--json', ...at)).stdout).marks);
  const before = await marks();
  assert.match(before, /babe/);

  const ca = readFileSync(join(cwd, 'tls', 'ca.pem'), 'utf8');
  const body = JSON.stringify({ timeoutMs: 20_000, ...claimBody() });
  const cases: readonly (readonly [name: string, certificate: Shown, code: string, detail: RegExp])[] = [
    ['none', {}, 'no-identity', /certificate/],
    ['expired', shown(line, 'old', 'nodes/alpha'), 'certificate-refused', /has expired/],
    [
      'of another authority',
      shown(line, 'stranger', 'nodes/alpha'),
      'certificate-refused',
      /not signed by a trusted authority/,
    ],
    ['of a server', shown(line, '.', 'server'), 'certificate-refused', /is for another purpose/],
  ];
  for (const [name, certificate, code, detail] of cases) {
    const answer = await ask(service.url, ca, certificate, body);
    const problem = JSON.parse(answer.text) as { code: string; detail: string; remedy: string };
    assert.deepEqual([answer.status, problem.code], [401, code], `${name}: ${answer.text}`);
    assert.match(problem.detail, detail, name);
    assert.match(problem.remedy, /\S/);
  }
  const operator = await ask(service.url, ca, shown(line, '.', 'operator'), '{');
  assert.equal(operator.status, 400, operator.text);
  assert.equal(await marks(), before, 'nothing was recorded');
  const good = await ask(service.url, ca, shown(line, '.', 'nodes/alpha'), body);
  assertDecided({ ...good, headers: new Headers() }, 200, 'granted', 'new');
  service.signal('SIGTERM');
  const { code, stderr } = await service.ended;
  assert.equal(code, 0);
  for (const secret of line.secrets()) assert.ok(!stderr.includes(secret), 'a secret stands in the log');
});
