import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NodeFault } from '../rpc/fault.ts';
import { publicKeyOfAddress } from './ss58.ts';

const ALICE = '0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d';

test('one key under the addresses of three networks, with prefixes of one and of two bytes', () => {
  assert.equal(publicKeyOfAddress('5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY'), ALICE);
  assert.equal(publicKeyOfAddress('15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5'), ALICE);
  assert.equal(publicKeyOfAddress('yGHXkYLYqxijLKKfd9Q2CB9shRVu8rPNBS53wvwGTutYg4zTg'), ALICE);
});

test('a mistyped, cut or foreign text is none', () => {
  const texts = [
    '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQZ',
    '5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQ',
    '0OIl',
    '',
    '1'.repeat(1_000),
  ];
  for (const text of texts)
    assert.throws(
      () => publicKeyOfAddress(text),
      (error: unknown) => error instanceof NodeFault && error.code === 'malformed',
      text,
    );
});
