import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fakeProgramme, intentOf, STASH } from './testing/fake-programme.ts';

describe('a nomination', () => {
  for (const way of ['direct', 'proxy'] as const) {
    test(`${way}, without delay: it is finalised when the state says so`, async () => {
      const programme = fakeProgramme();
      const intent = intentOf({ way });
      await programme.store.add(intent);
      await programme.pass(1);
      assert.equal(programme.shown(intent), 'submitted');
      await programme.pass(2);
      assert.equal(programme.end(intent), 'verified');
      assert.deepEqual(programme.chain.finalised().state.nominations.get(STASH)?.targets, intent.targets);
      assert.equal(programme.node.handed.length, 1);
    });
  }

  test('by a proxy with a delay: announced, executable after so many relay blocks, executed', async () => {
    const programme = fakeProgramme({ delay: 10n });
    const intent = intentOf();
    await programme.store.add(intent);
    await programme.pass(3);
    assert.equal(programme.shown(intent), 'announced');
    await programme.pass(30);
    assert.equal(programme.end(intent), 'verified');
    const legs = (await programme.store.flights(intent.id)).map(({ leg, nonce, outcome }) => [
      leg,
      nonce,
      outcome,
    ]);
    assert.deepEqual(legs, [
      ['announce', 0, 'landed'],
      ['execute', 1, 'landed'],
    ]);
    const states = (await programme.store.journal(intent.id)).map(({ to }) => to);
    assert.deepEqual(
      states.filter((state, index) => state !== states[index - 1]),
      [
        'signing',
        'submitted',
        'in-block',
        'announced',
        'executable',
        'signing',
        'submitted',
        'in-block',
        'finalised',
      ],
    );
  });
});
