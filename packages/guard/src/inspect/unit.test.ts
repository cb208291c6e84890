import assert from 'node:assert/strict';
import test from 'node:test';
import { unitFacts } from './unit.ts';

const SHOWN = {
  LoadState: 'loaded',
  ActiveState: 'active',
  UnitFileState: 'enabled',
  Restart: 'always',
  RestartUSec: '2min 30s',
  WatchdogUSec: '0',
  ExecStart: '{ path=/usr/bin/polkadot ; argv[]=/usr/bin/polkadot --validator ; ignore_errors=no }',
};

const shown = (changes: Partial<typeof SHOWN> = {}): string =>
  Object.entries({ ...SHOWN, ...changes })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');

test('the properties of systemctl show are read, times in any unit', () => {
  assert.deepEqual(unitFacts('polkadot', shown()), {
    looked: true,
    value: {
      ...{ name: 'polkadot', state: 'active', file: 'enabled', restart: 'always' },
      ...{ restartMs: 150_000, watchdogMs: null, signs: true, guarded: false },
      ...{ password: false, startedBy: [], atBoot: true },
    },
  });
  const times = { '100ms': 100, '1.5s': 1_500, infinity: null, '1h 1us': 3_600_000.001, '0': 0 };
  for (const [text, restartMs] of Object.entries(times)) {
    const facts = unitFacts('polkadot', shown({ RestartUSec: text }));
    assert.equal(facts.looked && facts.value.restartMs, restartMs, text);
  }
  const generated = unitFacts(
    'polkadot',
    `${shown({ UnitFileState: 'generated' })}WantedBy=default.target\n`,
  );
  assert.deepEqual(generated.looked && [generated.value.atBoot, generated.value.startedBy], [true, []]);
  const watched = unitFacts('polkadot', shown({ WatchdogUSec: '30s' }));
  assert.equal(watched.looked && watched.value.watchdogMs, 30_000);
});

test('a unit that is missing, and a time that cannot be read, are unknown', () => {
  for (const text of [shown({ LoadState: 'not-found' }), '', shown({ RestartUSec: 'soon' })])
    assert.equal(unitFacts('polkadot', text).looked, false);
});
