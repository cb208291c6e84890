// examples/coordinate/verify_certificate.py shares no code with this repository. Both programs must give the
// same verdict on the same files.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '@watchbill/kit/testing';
import { parse } from 'yaml';
import { loadRuntime } from '../../index.ts';
import { commandsIn, runFake } from '../testing/run-coordinate.ts';
import { type SignedGroup, signedGroup } from './testing/signed-group.ts';

const EXAMPLES = fileURLToPath(new URL('../../../../../examples/coordinate/', import.meta.url));

/** Without it a desktop skips; a build server fails. */
const isMissing = spawnSync('python3', ['--version']).error !== undefined;
const skip = isMissing && process.env.CI !== 'true' ? 'python3 is missing: apt-get install python3' : false;

function python(cwd: string, program: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync('python3', ['-B', join(EXAMPLES, program), ...args], {
    cwd,
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { code: status, text: `${stdout}${stderr}` };
}

const GROUP = 'demo-group/group.yaml';

async function demoGroup(): Promise<SignedGroup & { readonly cwd: string }> {
  const { cwd, text } = commandsIn();
  await text('init --example demo-group');
  return { cwd, ...(await signedGroup(cwd)) };
}

/** The exit status of both programs, which must agree. The Python program gives this reason. */
async function verdict(cwd: string, name: string, group = GROUP, why = /^/): Promise<number> {
  const own = await runFake(['coordinate', 'certificate', 'verify', name, '--group', group], { cwd });
  const other = python(cwd, 'verify_certificate.py', name, group);
  assert.equal(other.code, own.code, `${name}: ${own.all}${other.text}`);
  assert.match(other.text, why, name);
  return own.code;
}

test('the Ed25519 of the Python program passes the vectors of RFC 8032', { skip }, () => {
  assert.deepEqual(python(temporaryFolder(), 'ed25519.py'), {
    code: 0,
    text: '3 vectors of RFC 8032 pass\n',
  });
});

test('both programs take a certificate of a group that signed', { skip }, async () => {
  const { cwd, made, groupId } = await demoGroup();
  for (const [name, content, seats, rank] of [
    ['three.json', 'content', [0, 1, 3], 0],
    ['four.json', 'x'.repeat(8 * 1024), [0, 1, 2, 3], 3],
    ['empty.json', '', [1, 2, 3], 1],
  ] as const)
    assert.equal(await verdict(cwd, made(name, content, seats, rank)), 0, name);
  const { text } = python(cwd, 'verify_certificate.py', 'three.json', 'demo-group/group.yaml');
  assert.equal(
    text,
    [
      'the certificate is valid',
      `  group   demo 0x${Buffer.from(groupId).toString('hex')}`,
      '  window  6, rank 0',
      '  action  heartbeat on demo',
      '  lease   from block 135 until 147',
      '  signed  one, two, four\n',
    ].join('\n'),
  );
});

/** A group file with the id that belongs to its content. */
async function withId(text: string): Promise<string> {
  const runtime = await loadRuntime();
  const read = runtime.readGroupDocument(
    runtime.groupFileSchema.parse(parse(text.replace(/^id: .*\n/m, ''))),
    () => null,
  );
  assert.ok(read.ok);
  const id = Buffer.from(read.file.groupId).toString('hex');
  return text.replace(/^id: .*$/m, `id: "0x${id}"`);
}

test('both programs read the same group from a group file, or none', { skip }, async () => {
  const { cwd, made } = await demoGroup();
  const good = made('good.json', 'content', [0, 1, 3]);
  const text = readFileSync(join(cwd, 'demo-group', 'group.yaml'), 'utf8');
  const keys = [...text.matchAll(/ed25519:0x[0-9a-f]{64}/g)].map(([key]) => key);
  const cases: readonly (readonly [string, number, string])[] = [
    ['as JSON', 0, JSON.stringify(parse(text))],
    ['with comments', 0, text.replaceAll('\n', '\n# a comment\n\n')],
    ['of another schedule', 3, text.replace('validityBlocks: 12', 'validityBlocks: 13')],
    ['of another version', 3, text.replace('- version: 1', '- version: 2')],
    ['with another name under its id', 2, text.replace('name: demo', 'name: other')],
    // Its id is right, so both programs count the predecessor in it; the certificate is of the other group.
    [
      'with a predecessor',
      3,
      await withId(text.replace('resource: demo', `resource: demo\npredecessor: "0x${'7'.repeat(64)}"`)),
    ],
    ['with one key twice', 2, text.replace(keys[1] ?? '', keys[0] ?? '').replace(/^id: .*\n/m, '')],
    ['with a schedule from a later height', 2, text.replace('fromHeight: 0', 'fromHeight: 1')],
    ['that is something else', 2, 'a: [\n'],
  ];
  for (const [name, code, changed] of cases) {
    writeFileSync(join(cwd, 'changed.yaml'), changed);
    const why =
      name === 'of another version'
        ? /it names version 1 of the schedule; in that window, version 2 is in force\n$/
        : /^/;
    assert.equal(await verdict(cwd, good, 'changed.yaml', why), code, name);
  }
});

/** The text of a certificate whose bytes and readable fields both change, so that they still match. */
function forged(cwd: string, good: string, change: (document: Shown) => void): string {
  const document = JSON.parse(readFileSync(join(cwd, good), 'utf8')) as Shown;
  change(document);
  writeFileSync(join(cwd, 'forged.json'), `${JSON.stringify(document, null, 2)}\n`);
  return 'forged.json';
}

function flipLastBit(shown: Shown): void {
  const last = Number.parseInt(shown.bytes.slice(-1), 16);
  shown.bytes = `${shown.bytes.slice(0, -1)}${(last ^ 1).toString(16)}`;
}

interface Shown {
  group: string;
  window: string;
  rank: number;
  value: { content: string };
  commits: { seat: number }[];
  bytes: string;
}

/** Of the curve secp256k1 (SEC 2). */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** A vote in hex: its seat and its signature. */
const VOTE = 2 * (2 + 64);

test('both programs refuse what is not an agreement of the group', { skip }, async () => {
  const { cwd, made } = await demoGroup();
  const good = made('good.json', 'content', [0, 1, 3]);
  /** Its votes, made of the three good ones, and the seats that its readable fields name. */
  const withVotes =
    (make: (votes: string) => string, ...seats: readonly number[]) =>
    (shown: Shown) => {
      const count = `0${seats.length}`;
      shown.bytes = `${shown.bytes.slice(0, -3 * VOTE - 2)}${count}${make(shown.bytes.slice(-3 * VOTE))}`;
      shown.commits = seats.map((seat) => ({ seat }));
    };
  const bytesWith = (from: string | RegExp, to: string, fields: Partial<Shown>) => (shown: Shown) => {
    Object.assign(shown, { bytes: shown.bytes.replace(from, to), ...fields });
  };
  const [from = '', to = ''] = ['content', 'contenT'].map((text) => Buffer.from(text).toString('hex'));
  const none = /the group has no such window\n$/;
  const ofSeat = (seat: number) =>
    new RegExp(`the signature of seat ${seat} for the commit in rank \\d is not valid\n$`);
  const changes: readonly (readonly [string, RegExp, (document: Shown) => void])[] = [
    [
      'one vote fewer',
      /it has 2 votes, but a quorum needs 3\n$/,
      withVotes((votes) => votes.slice(0, 2 * VOTE), 0, 1),
    ],
    [
      'a vote twice',
      /its seats are not in rising order\n$/,
      withVotes((votes) => votes.slice(0, VOTE) + votes.slice(0, 2 * VOTE), 0, 0, 1),
    ],
    [
      'a vote under another seat',
      ofSeat(2),
      withVotes((votes) => `${votes.slice(0, -VOTE)}0002${votes.slice(4 - VOTE)}`, 0, 1, 2),
    ],
    [
      'a vote of a seat that does not exist',
      /the group has no seat 4\n$/,
      withVotes((votes) => `${votes.slice(0, -VOTE)}0004${votes.slice(4 - VOTE)}`, 0, 1, 4),
    ],
    [
      'another digest',
      ofSeat(0),
      (shown) => {
        shown.value.content = to;
        bytesWith(from, to, {})(shown);
      },
    ],
    ['another rank', ofSeat(0), bytesWith('000000000000000600', '000000000000000601', { rank: 1 })],
    ['another window', ofSeat(0), bytesWith('000000000000000600', '000000000000000700', { window: '7' })],
    ['the window 0', none, bytesWith('000000000000000600', '000000000000000000', { window: '0' })],
    ['a signature with another bit', ofSeat(3), flipLastBit],
    ['a byte more', /bytes follow after its end\n$/, bytesWith(/$/, '00', {})],
    [
      'another readable field',
      /its readable fields do not match its bytes\n$/,
      bytesWith('', '', { rank: 1 }),
    ],
    [
      'another group in its name',
      /it belongs to another group: 0x(ab){32}\n$/,
      bytesWith('', '', { group: 'ab'.repeat(32) }),
    ],
  ];
  const same = forged(cwd, good, () => undefined);
  assert.equal(await verdict(cwd, same), 0);
  for (const [name, why, change] of changes)
    assert.equal(await verdict(cwd, forged(cwd, good, change), GROUP, why), 3, name);
  assert.equal(
    await verdict(cwd, made('rank.json', 'content', [0, 1, 3], 4)),
    3,
    'a rank that does not exist',
  );
  writeFileSync(join(cwd, 'none.json'), '[]\n');
  assert.equal(await verdict(cwd, 'none.json'), 3);
  assert.equal((await runFake(['coordinate', 'init', '--example', 'other'], { cwd })).code, 0);
  assert.equal(await verdict(cwd, good, 'other/group.yaml'), 3, 'another group');
  assert.equal(await verdict(cwd, 'missing.json'), 2);
  assert.equal(await verdict(cwd, good, 'missing.yaml'), 2);
});

test('a group of several schemes: secp256k1 is checked, sr25519 is named as unknown', { skip }, async () => {
  const cwd = temporaryFolder();
  const run = async (...args: readonly string[]): Promise<Readonly<Record<string, string>>> => {
    const ran = await runFake(['coordinate', ...args, '--json'], { cwd });
    assert.equal(ran.code, 0, ran.stderr);
    return JSON.parse(ran.stdout) as Record<string, string>;
  };
  const names = ['alpha', 'bravo', 'carol', 'dave'];
  const schemes = ['ed25519', 'secp256k1', 'secp256k1', 'sr25519'];
  const members: string[] = [];
  for (const [seat, name] of names.entries()) {
    const flags = ['--dir', `demo-group/${name}`, '--name', name, '--scheme', schemes[seat] ?? ''];
    members.push('--member', (await run('init', ...flags)).member ?? '');
  }
  const group = ['--name', 'mixed "group"', '--genesis', `0x${'91'.repeat(32)}`];
  await run('group', 'create', ...group, ...members, '--out', 'demo-group/group.yaml');
  const { made } = await signedGroup(cwd, names);
  assert.equal(await verdict(cwd, made('good.json', 'content', [0, 1, 2])), 0);
  assert.equal(await verdict(cwd, forged(cwd, 'good.json', flipLastBit)), 3);
  const turned = forged(cwd, 'good.json', (shown) => {
    const s = ORDER - BigInt(`0x${shown.bytes.slice(-64)}`);
    shown.bytes = `${shown.bytes.slice(0, -64)}${s.toString(16).padStart(64, '0')}`;
  });
  assert.equal(await verdict(cwd, turned), 3, 'anyone can make the other s of a signature');
  const unknown = python(cwd, 'verify_certificate.py', made('sr.json', 'content', [0, 1, 3]), GROUP);
  assert.equal(unknown.code, 2);
  assert.match(unknown.text, /cannot check signatures of sr25519 keys \(seat 3\)/);
});
