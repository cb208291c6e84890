import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { buildSpec } from './build-spec.ts';
import { simulationSchema } from './schema.ts';
import { SimulationFault } from './simulate-fault.ts';

function built(context: TestContext, text: string, more: object): Promise<string> {
  const folder = temporaryFolder(context);
  writeFileSync(join(folder, 'chain.json'), text);
  const relay = { command: './node', nodes: [{ name: 'alice' }], specFile: 'chain.json', ...more };
  const simulation = simulationSchema.parse({ format: 'watchbill/simulation/1', name: 'quayside', relay });
  return buildSpec({ simulation, program: '/bin/false', from: folder, work: folder });
}

const RAW = '{"genesis": {"raw": {"top": {"0x00": "0x01"}}}}';
const refused = (why: RegExp) => (error: unknown) =>
  error instanceof SimulationFault && why.test(error.message);

test('a raw specification is used byte for byte, and never with another genesis than requested', async (context) => {
  assert.equal(await built(context, RAW, {}), RAW);
  await assert.rejects(
    built(context, RAW, { genesis: { sudo: {} } }),
    refused(/is raw, but the simulation changes its genesis/),
  );
  const nodes = [{ name: 'alice', balance: 5 }];
  await assert.rejects(built(context, RAW, { nodes }), refused(/account|failed|is raw/));
});

test('a file that is not a specification, or that the node cannot read, is refused', async (context) => {
  await assert.rejects(built(context, 'not JSON', {}), refused(/is not JSON/));
  await assert.rejects(built(context, '[]', {}), refused(/is not an object/));
  await assert.rejects(built(context, '{"genesis": {}}', {}), refused(/made no specification/));
  await assert.rejects(built(context, RAW, { specFile: 'absent.json' }), refused(/cannot be read/));
  await assert.rejects(
    built(context, RAW, { specFile: undefined, chain: 'dev' }),
    refused(/made no specification of dev/),
  );
  await assert.rejects(
    built(context, RAW, { specFile: undefined, specCommand: ['/bin/false'] }),
    refused(/\/bin\/false\s+failed/),
  );
});
