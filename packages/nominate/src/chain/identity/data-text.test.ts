import assert from 'node:assert/strict';
import test from 'node:test';
import { ShapeFault } from '@watchbill/chain/reading';
import { dataText } from './data-text.ts';

test('bytes in any form are text', () => {
  assert.equal(dataText({ type: 'Raw5', value: '0x416c696365' }), 'Alice');
  assert.equal(dataText({ type: 'Raw1', value: 65 }), 'A');
  assert.equal(dataText({ type: 'Raw1', value: '0x41' }), 'A');
  assert.equal(dataText({ type: 'Raw0', value: null }), '');
  assert.equal(dataText({ type: 'None', value: null }), '');
  assert.equal(dataText({ type: 'Sha256', value: `0x${'11'.repeat(32)}` }), '');
});

test('bytes that are not UTF-8 still give a well-formed text', () => {
  const text = dataText({ type: 'Raw3', value: '0xffed80' });
  assert.ok(text.isWellFormed() && text.length > 0);
});

test('a value of another shape is a shape fault', () => {
  for (const wrong of [null, 'Raw5', { value: '0x' }, { type: 'Raw2', value: 'zz' }])
    assert.throws(() => dataText(wrong), ShapeFault);
});
