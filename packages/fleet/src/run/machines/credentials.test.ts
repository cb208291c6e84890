import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Expected } from '../../file/graph/index.ts';
import { machineCredentials, missingCredentials, tooOld } from './credentials.ts';
import type { Ran, RunScript } from './ssh.ts';

const SIGNAL = new AbortController().signal;
const NAMES = ['tide.a.token', 'tide.b.babe', 'tide.c.key'];
const base64 = (text: string): string => Buffer.from(text).toString('base64');

function answering(answer: Ran): { readonly run: RunScript; readonly scripts: string[] } {
  const scripts: string[] = [];
  const run: RunScript = async (script) => {
    scripts.push(script);
    return answer;
  };
  return { run, scripts };
}

const ended = (out: string, code = 0, err = ''): Ran => ({ kind: 'ended', code, out, err });
const LOOKED = `version 252\nstate 0 there\nstate 1 missing\nstate 2 unreadable\nname ${base64('tide.old.token')}\n`;

test('credentials of a machine are listed by name, and unreadable ones are unknown', async () => {
  const look = await machineCredentials(answering(ended(LOOKED)).run, 'tide').look(NAMES, SIGNAL);
  assert.ok(!('failure' in look));
  assert.deepEqual([...look.states.values()], ['there', 'missing', 'unreadable']);
  assert.deepEqual([look.systemd, look.all], [252, ['tide.old.token']]);
  for (const answer of [
    ended('version 252\nstate 0 there\n'),
    { kind: 'unreachable', detail: 'away' } as const,
    ended('', 1, 'no'),
  ]) {
    const failed = await machineCredentials(answering(answer).run, 'tide').look(NAMES, SIGNAL);
    assert.ok('failure' in failed);
  }
});

test('a plan finds what is missing, what is of another machine, and a systemd that is too old', async () => {
  const expects = NAMES.map(
    (name): Expected => ({
      place: 'iron',
      kind: 'credential',
      name,
      entries: [],
      why: `why ${name}`,
      neededBy: [],
    }),
  );
  const missing = async (out: string) => {
    const found = await missingCredentials(answering(ended(out)).run, 'tide', expects, SIGNAL);
    assert.ok('missing' in found);
    return found.missing.map(({ name, why }) => `${name}: ${why}`);
  };
  assert.deepEqual(await missing(LOOKED), [
    'tide.b.babe: why tide.b.babe',
    'tide.c.key: why tide.c.key; the file exists, and was encrypted for another machine or name',
  ]);
  const old = await missing(LOOKED.replace('252', '249'));
  assert.equal(old.length, 3);
  assert.match(old[0] ?? '', /it has systemd 249, and encrypted credentials need systemd 250 or later/);
  assert.match((await missing(LOOKED.replace(' 252', ' ')))[0] ?? '', /it has no systemd-creds/);
  assert.equal(tooOld({ systemd: 250 }), null);
});

test('each outcome of putting and removing is distinguished, with the units that load the credential', async () => {
  const units =
    'unit watchbill-tide-v-iron-0.service active\nunit watchbill-tide-w-iron-0.service inactive\n';
  const put = (answer: Ran) =>
    machineCredentials(answering(answer).run, 'tide').put(
      'tide.a.token',
      Buffer.from('value'),
      { withKey: 'auto', replace: false, publicKey: null },
      SIGNAL,
    );
  assert.deepEqual(await put(ended(units)), {
    outcome: 'done',
    units: [
      { name: 'watchbill-tide-v-iron-0.service', active: true },
      { name: 'watchbill-tide-w-iron-0.service', active: false },
    ],
  });
  assert.equal((await put(ended(units, 73))).outcome, 'exists');
  assert.equal((await put(ended('', 69, 'too old'))).outcome, 'invalid');
  assert.equal((await put({ kind: 'unknown', detail: 'cut' })).outcome, 'unknown');
  const remove = (answer: Ran, inUse = false) =>
    machineCredentials(answering(answer).run, 'tide').remove('tide.a.token', { inUse }, SIGNAL);
  assert.equal((await remove(ended(units, 75))).outcome, 'in-use');
  assert.equal((await remove(ended('', 66))).outcome, 'absent');
  assert.equal((await remove(ended(units), true)).outcome, 'done');
});

test('a value stands in a script once, as a word of the shell itself, and in no here-document', async () => {
  const { run, scripts } = answering(ended(''));
  const value = "va'l$(id)ue";
  const options = { withKey: 'host', replace: true, publicKey: null } as const;
  await machineCredentials(run, 'tide').put('tide.a.token', Buffer.from(value), options, SIGNAL);
  const [script = ''] = scripts;
  assert.equal(script.split(base64(value)).length, 2);
  assert.match(
    script,
    new RegExp(`^printf %s ${base64(value).replaceAll('+', '\\+')} \\| base64 -d \\|`, 'm'),
  );
  assert.doesNotMatch(script, /<</);
  assert.ok(!script.includes(value));
});
