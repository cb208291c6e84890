import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createVirtualClock } from '@watchbill/kit/testing';
import { settingsOf as etcdSettings } from './etcd/options.ts';
import { StoreFault } from './port.ts';
import { settingsOf as tikvSettings } from './tikv/options.ts';

const clock = createVirtualClock();
const READERS = { etcd: etcdSettings, tikv: tikvSettings };
/** Characters that belong escaped in an address, and end a password early where they are not. */
const UNESCAPED = ['', '@', '/', '?', '#', ':', '@/', '/@', '\\', '%', ' ', '@a@', '/a/@'];
const ADDRESSES = (password: string): readonly string[] =>
  ['', 'http://', 'https://', 'ftp://'].flatMap((scheme) => [
    `${scheme}admin:${password}@store.example:2379`,
    `${scheme}${password}@store.example`,
    `${scheme}:${password}@store.example:2379/path?token=omega#omega`,
  ]);

for (const [name, settingsOf] of Object.entries(READERS)) {
  describe(`${name}: an address with a password is refused, and no part of the password is shown`, () => {
    for (const character of UNESCAPED)
      for (const [first, second] of [
        ['alpha', 'omega'],
        ['4711', 'omega'],
      ])
        test(`${first}${character}${second}`, () => {
          for (const address of ADDRESSES(`${first}${character}${second}`)) {
            const fault = faultOf(() => settingsOf({ endpoints: [address], clock }));
            assert.ok(fault instanceof StoreFault, `${address} is taken`);
            assert.doesNotMatch(`${fault.message} ${fault.remedy}`, /alpha|omega|4711/, address);
            assert.match(fault.message, /store\.example/, 'the host is named');
          }
        });
  });

  test(`${name}: a refused address without a password is shown as it is written`, () => {
    const fault = faultOf(() => settingsOf({ endpoints: ['ftp://store.example'], clock }));
    assert.ok(fault instanceof StoreFault);
    assert.match(fault.message, /"ftp:\/\/store\.example"/);
  });

  test(`${name}: an address with a fragment is refused`, () => {
    const fault = faultOf(() => settingsOf({ endpoints: ['http://store.example:2379#x'], clock }));
    assert.ok(fault instanceof StoreFault);
    assert.match(fault.message, /store\.example:2379 holds more than host and port/);
  });
}

function faultOf(run: () => unknown): unknown {
  try {
    run();
    return null;
  } catch (error) {
    return error;
  }
}
