import assert from 'node:assert/strict';
import test from 'node:test';
import { unitFacts } from './unit.ts';

const shown = (changes: Readonly<Record<string, string>> = {}) => {
  const all = { LoadState: 'loaded', RestartUSec: '2min 30s', WatchdogUSec: '0', ...changes };
  const lines = Object.entries(all).map(([name, value]) => `${name}=${value}\n`);
  return unitFacts('polkadot', lines.join(''));
};

test('times of systemctl show are read in any unit', () => {
  const times = { '2min 30s': 150_000, '1.5s': 1_500, infinity: null, '1h 1us': 3_600_000.001, '0': 0 };
  for (const [text, restartMs] of Object.entries(times)) {
    const facts = shown({ RestartUSec: text });
    assert.equal(facts.looked && facts.value.restartMs, restartMs, text);
  }
});

test('a unit that is missing, and a time that cannot be read, are unknown', () => {
  for (const changes of [{ LoadState: 'not-found' }, { LoadState: '' }, { RestartUSec: 'soon' }])
    assert.equal(shown(changes).looked, false);
});

test('a generated unit starts at boot if a target wants it', () => {
  const facts = shown({ UnitFileState: 'generated', WantedBy: 'default.target' });
  assert.deepEqual(facts.looked && [facts.value.atBoot, facts.value.startedBy], [true, []]);
});
