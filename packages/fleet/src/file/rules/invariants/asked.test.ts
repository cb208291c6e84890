import assert from 'node:assert/strict';
import { test } from 'node:test';
import { servicesMark } from '../../graph/key-set.ts';
import { askedBy } from './asked.ts';

const PLACE = 'east';
const [ONE, TWO] = ['https://one:1', 'https://two:1'];
const asked = (...lines: readonly string[]) =>
  askedBy(
    lines.map((line) => ({ container: 'node', words: line.split(' ') })),
    PLACE,
  );

test('the services are those of the flags of what signs, in both of their forms', () => {
  const both = servicesMark([ONE, TWO], PLACE);
  assert.equal(asked(`--validator --duty=claims --duty-service=${ONE} --duty-service=${TWO}`), both);
  assert.equal(asked(`--collator --duty claims --duty-service ${TWO} --duty-service ${ONE} -- --x`), both);
  assert.equal(
    asked('key insert --suri=/seeds/babe', `--validator --duty=claims --duty-service=${ONE}`),
    servicesMark([ONE], PLACE),
  );
});

test('a process with no services, with services for its relay chain only, or with a different service each, asks none', () => {
  for (const line of [
    '--validator',
    '--validator --duty=claims',
    '--validator --duty=claims --duty-service --other',
    `--validator --duty=off --duty-service=${ONE}`,
    `--validator --duty-service=${ONE}`,
    `--collator -- --duty=claims --duty-service=${ONE}`,
  ])
    assert.equal(asked(line), null, line);
  const asks = (service: string) => `--validator --duty=claims --duty-service=${service}`;
  assert.equal(asked(asks(ONE), asks(TWO)), null);
  assert.equal(asked(asks(ONE), '--validator'), null);
  assert.equal(asked(asks(ONE), asks(ONE)), servicesMark([ONE], PLACE));
});
