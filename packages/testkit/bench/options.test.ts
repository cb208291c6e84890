import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOptions as readNamed } from './options.ts';

const NAMES = ['grant', 'embedded', 'memory', 'peers', 'gateway', 'gateway-least'];
const readOptions = (args: readonly string[]) => readNamed(args, NAMES);

test('defaults, and each option', () => {
  const defaults = {
    bench: 'grant',
    json: false,
    rounds: 5,
    seconds: 3,
    etcd: undefined,
    save: false,
    quick: false,
  };
  assert.deepEqual(readOptions(['grant']), defaults);
  const all = ['memory', '--json', '--rounds', '1', '--seconds', '60', '--etcd', 'v3.6'];
  const asked = { bench: 'memory', json: true, rounds: 1, seconds: 60, etcd: 'v3.6' };
  assert.deepEqual(readOptions(all), { ...asked, save: false, quick: false });
  const peers = { ...defaults, bench: 'peers' };
  assert.deepEqual(readOptions(['peers', '--save']), { ...peers, save: true });
  assert.equal((readOptions(['grant', '--save']) as { save: boolean }).save, true);
  assert.deepEqual(readOptions(['peers', '--quick']), { ...peers, quick: true, rounds: 2, seconds: 1 });
  assert.deepEqual(readOptions(['peers', '--quick', '--rounds', '4']), {
    ...peers,
    quick: true,
    rounds: 4,
    seconds: 1,
  });
  assert.deepEqual(readOptions(['gateway-least']), { ...defaults, bench: 'gateway-least' });
  assert.equal(readOptions(['--help']), 'help');
});

test('what there is not is told', () => {
  const wrong = [
    [],
    ['fast'],
    ['grant', 'embedded'],
    ['grant', '--memory'],
    ['grant', '--quick'],
    ['peers', '--quick', '--save'],
    ['grant', '--rounds', '0'],
  ];
  const more = [
    ['grant', '--seconds', '61'],
    ['grant', '--rounds', '1.5'],
    ['grant', '--etcd', 'v9'],
    ['grant', '--x'],
  ];
  for (const args of [...wrong, ...more]) {
    const options = readOptions(args);
    assert.ok(typeof options === 'object' && 'problem' in options, args.join(' '));
  }
});
