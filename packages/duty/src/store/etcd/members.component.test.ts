import { test } from 'node:test';
import { systemClock } from '@watchbill/kit';
import { openEtcdStore } from './store.ts';
import { fakeEtcd, fakeMessage } from './testing/fake-etcd.ts';

/** More than the end of a connection takes. */
const AFTERWARDS_MS = 200;

// An error that no listener hears is an uncaught exception: it fails the test, and would end a service.
test('a store that is closed while its member goes away leaves no error without a listener', async () => {
  // The moment between the word that the member goes away and the end of the connection is short.
  for (let turns = 0; turns < 40; turns += 1) {
    const member = await fakeEtcd((stream) => fakeMessage(stream));
    const store = await openEtcdStore({ endpoints: [member.endpoint], clock: systemClock() });
    const closed = member.close();
    for (let turn = 0; turn < turns % 8; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    await store.close();
    await closed;
  }
  await new Promise((resolve) => setTimeout(resolve, AFTERWARDS_MS));
});
