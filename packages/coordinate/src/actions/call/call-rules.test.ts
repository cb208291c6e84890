import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addressOfAccount, callValue, decodeCall, encodeCall, type Json } from '@watchbill/chain/extrinsics';
import { DEVNET } from '../testing/devnet.ts';
import { testKey } from '../testing/fake-members.ts';
import { callRules, fitRules } from './call-rules.ts';

const addressOf = (name: string): string => addressOfAccount(testKey(name).publicKey, 42);
const [FRIEND, THIEF] = [addressOf('friend'), addressOf('thief')];

const RULES = callRules.parse([
  {
    name: 'pay',
    call: 'Balances.transfer_keep_alive',
    arguments: { dest: { accounts: [FRIEND] }, value: { most: '100' } },
  },
  { name: 'batch', call: 'Utility.batch_all', arguments: { calls: { calls: 'by-rules' } } },
  {
    name: 'proxy',
    call: 'Proxy.proxy',
    arguments: {
      real: { accounts: [FRIEND] },
      force_proxy_type: { equals: null },
      call: { calls: 'by-rules' },
    },
  },
  { name: 'careless', call: 'Utility.batch', arguments: { calls: { any: true } } },
  { name: 'note', call: 'System.remark', arguments: { remark: { any: true } } },
  { name: 'short', call: 'Balances.transfer_all', arguments: { dest: { accounts: [FRIEND] } } },
  {
    name: 'typo',
    call: 'Balances.transfer_allow_death',
    arguments: { dest: { accounts: [FRIEND] }, value: { most: 5 }, amount: { any: true } },
  },
]);

function fit(pallet: string, call: string, args: Json): string {
  const written = encodeCall(DEVNET, pallet, call, args);
  assert.ok(written.result === 'bytes', written.result === 'refused' ? written.detail : '');
  const read = decodeCall(DEVNET, written.bytes);
  assert.ok(read.result === 'call');
  const answer = fitRules(RULES, read.call);
  if (answer.result === 'unfit') return answer.why;
  return answer.uses.map(({ rule, amount }) => `${rule.name} ${amount}`).join(', ');
}

const pay = (dest: Json, value: string): Json =>
  callValue('Balances', 'transfer_keep_alive', { dest, value });

describe('rules for calls', () => {
  test('a destination and an amount within the limits fit, at the limit too', () => {
    assert.equal(fit('Balances', 'transfer_keep_alive', { dest: FRIEND, value: '100' }), 'pay 100');
  });

  test('another destination, a higher amount and another kind of address do not', () => {
    const transfer = (dest: Json, value: string): string =>
      fit('Balances', 'transfer_keep_alive', { dest, value });
    assert.match(transfer(THIEF, '1'), /dest is not one of its accounts/);
    assert.match(transfer(FRIEND, '101'), /value is 101, above 100/);
    const raw = `0x${Buffer.from(testKey('friend').publicKey).toString('hex')}`;
    assert.match(transfer({ type: 'Address32', value: raw }, '1'), /dest is not one of its accounts/);
    assert.match(transfer({ type: 'Index', value: null }, '1'), /dest is not one of its accounts/);
  });

  test('a call without a rule, an argument without a constraint, a constraint without an argument', () => {
    assert.match(
      fit('System', 'remark_with_event', { remark: '0x00' }),
      /no rule names System\.remark_with_event/,
    );
    assert.match(
      fit('Balances', 'transfer_all', { dest: FRIEND, keep_alive: false }),
      /no constraint for keep_alive/,
    );
    assert.match(
      fit('Balances', 'transfer_allow_death', { dest: FRIEND, value: '1' }),
      /the call has no amount/,
    );
  });

  test('calls inside are read one by one, and their amounts add up', () => {
    const batch = (calls: readonly Json[]): string => fit('Utility', 'batch_all', { calls });
    assert.equal(batch([pay(FRIEND, '60'), pay(FRIEND, '70')]), 'batch 0, pay 60, pay 70');
    assert.match(batch([pay(FRIEND, '60'), pay(THIEF, '1')]), /dest is not one of its accounts/);
    const proxied = callValue('Proxy', 'proxy', {
      real: FRIEND,
      force_proxy_type: null,
      call: pay(THIEF, '1'),
    });
    assert.match(batch([proxied]), /dest is not one of its accounts/);
    const foreign = callValue('Proxy', 'proxy', {
      real: THIEF,
      force_proxy_type: null,
      call: pay(FRIEND, '1'),
    });
    assert.match(batch([foreign]), /real is not one of its accounts/);
  });

  test('a call inside an argument with `any` is refused', () => {
    assert.equal(fit('System', 'remark', { remark: '0x00' }), 'note 0');
    assert.match(
      fit('Utility', 'batch', { calls: [pay(THIEF, '1')] }),
      /no rule covers each of Utility\.batch, Balances/,
    );
    assert.equal(fit('Utility', 'batch', { calls: [] }), 'careless 0');
  });

  test('problems in rules are reported', () => {
    const problem = (rules: unknown): string => {
      const read = callRules.safeParse(rules);
      return read.success
        ? ''
        : read.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join();
    };
    const rule = { name: 'a', call: 'System.remark' };
    assert.equal(problem([rule]), '');
    assert.match(problem([rule, rule]), /a different name/);
    assert.match(problem([{ ...rule, call: 'remark' }]), /Pallet\.call/);
    assert.match(problem([{ ...rule, perDay: 5 }]), /need an argument with most/);
    assert.match(problem([{ ...rule, arguments: { remark: { most: -1 } } }]), /most/);
    assert.match(problem([{ ...rule, arguments: { remark: { max: 1 } } }]), /must be one of/);
  });
});
