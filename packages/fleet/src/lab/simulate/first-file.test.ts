import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { simulationYaml } from '../../file/index.ts';
import { refusalsOf } from './refusals.ts';
import { simulationSchema } from './schema.ts';

test('a first simulation file can be run, with any names in it', () => {
  for (const chain of [{ name: 'westend-local' }, { specFile: 'a folder/it\'s "raw".json' }]) {
    const text = simulationYaml({
      name: 'quayside',
      command: './a node',
      chain,
      args: ['--wasm-cache=/tmp/x'],
    });
    const simulation = simulationSchema.parse(parse(text));
    assert.deepEqual(refusalsOf(simulation), []);
    assert.equal(simulation.relay.command, './a node');
    assert.equal(
      simulation.relay.specFile ?? simulation.relay.chain,
      'name' in chain ? chain.name : chain.specFile,
    );
    assert.ok(simulation.run.length > 3);
  }
});
