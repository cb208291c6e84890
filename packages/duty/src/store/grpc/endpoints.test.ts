import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointText } from './endpoints.ts';

test('an address without an @ is shown as it is', () => {
  for (const text of ['https://host:2379', 'host:2379/path?a=b', '']) assert.equal(endpointText(text), text);
});

test('user and password are left out, with the part after the host', () => {
  const rows = [
    ['https://u:p@host:2379', 'https://…@host:2379'],
    ['HTTP://u:p@host:2379', 'HTTP://…@host:2379'],
    ['z+a.b-1://u@host', 'z+a.b-1://…@host'],
    ['https://u:p/w?x#y@z@host:2379', 'https://…@host:2379'],
    ['https://u:p@host:2379/key/secret', 'https://…@host:2379'],
    ['https://u:p@host?token=secret', 'https://…@host'],
    ['https://u:p@host#secret', 'https://…@host'],
    ['https://u:p@host\\secret', 'https://…@host'],
    ['https://u:p@host/one\ntwo', 'https://…@host'],
  ] as const;
  for (const [text, shown] of rows) assert.equal(endpointText(text), shown);
});

test('a text without a scheme shows the host alone', () => {
  for (const text of ['u:p@host:2379', ':p@host:2379', '1u://p@host:2379', 'u p://w@host:2379'])
    assert.equal(endpointText(text), '…@host:2379');
});
