import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askingUse, servicesMark, useOf } from './key-set.ts';

const HTTPS = servicesMark(['https://watch:8443'], 'east');

test('services are the same in any order and spelling, and on the same machine where they are local', () => {
  const same = (one: readonly string[], other: readonly string[], place = 'east') =>
    servicesMark(one, 'east') === servicesMark(other, place);
  assert.ok(same(['https://a:8443', 'https://b'], ['https://B:443', 'https://A:8443', 'https://b'], 'west'));
  assert.ok(same(['unix:/run//w.sock'], ['unix:/run/w.sock']));
  assert.ok(!same(['https://a:8443'], ['https://a:8444']));
  assert.ok(!same(['https://a:8443'], ['https://a:8443', 'https://b:8443']));
  for (const local of ['unix:/run/w.sock', 'http://127.0.0.1:8450', 'http://[::1]:8450']) {
    assert.ok(same([local], [local]));
    assert.ok(!same([local], [local], 'west'));
  }
});

test('a use is corrected by the services that a process really asks', () => {
  assert.equal(askingUse(useOf('one', 'x'), HTTPS), useOf('one', HTTPS));
  // As it was written before services were part of it.
  assert.equal(askingUse('gated.one', HTTPS), useOf('one', HTTPS));
  for (const use of [useOf('one', null), 'born.tide.a']) assert.equal(askingUse(use, HTTPS), use);
});
