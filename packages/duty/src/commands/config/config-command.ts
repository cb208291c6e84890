import { Fault, table } from '@watchbill/kit';
import { command, flag } from '@watchbill/kit/command/command';
import { print } from '@watchbill/kit/command/print';
import { renderWarnings } from '@watchbill/kit/command/read-secret';
import { yes } from '@watchbill/kit/command/shapes';
import { FIELDS } from '../../config/fields.ts';
import { inspectFiles } from '../../config/files.ts';
import { loadConfig } from '../../config/load.ts';
import { configFlags, configuration } from '../../config/options.ts';
import { originText } from '../../config/origin.ts';
import { configJsonSchema } from '../../config/schema.ts';
import { getAt } from '../../config/tree.ts';

const flags = { ...configuration, json: flag(yes(), 'print JSON') };

/** `config check`: everything that is wrong at once; 0 or 2. */
const check = command({
  about: 'check the configuration and the files it names',
  flags,
  examples: ['watchbill config check', 'watchbill config check --config /etc/watchbill.yaml --json'],
  run: ({ io }, { json, ...options }) => {
    const loaded = loadConfig(io, configFlags(options));
    const { problems, warnings } = inspectFiles(loaded);
    if (problems.length > 0) throw new Fault('config', 'usage', problems);
    const name = loaded.file ?? 'the configuration (no file, defaults only)';
    print(io, json, { ok: true, file: loaded.file, warnings }, () => `${name} is valid\n`);
    if (!json) io.err(renderWarnings(warnings));
  },
});

/** `config print`: each effective value and its origin. Secrets appear as the names of their files. */
const printConfig = command({
  about: 'print every effective value and its origin',
  flags,
  examples: [
    'watchbill config print',
    'WATCHBILL_SERVICE_LISTEN_PORT=9000 watchbill config print --log-level debug',
  ],
  run: ({ io }, { json, ...options }) => {
    const { config, file, originOf } = loadConfig(io, configFlags(options));
    const values = FIELDS.map(({ path }) => ({
      path,
      value: getAt(config, path.split('.')) ?? null,
      from: originText(originOf(path)),
    }));
    print(io, json, { file, values }, () =>
      table(
        ['setting', 'value', 'from'],
        values.map(({ path, value, from }) => [path, valueText(value), value === null ? '' : from]),
      ),
    );
  },
});

const schema = command({
  about: 'print the JSON Schema of watchbill.yaml, for editors',
  examples: ['watchbill config schema > watchbill.schema.json'],
  run: ({ io }) => io.out(`${JSON.stringify(configJsonSchema(), null, 2)}\n`),
});

/** `config`: the settings of one service. */
export const config = command({
  commands: { check, print: printConfig, schema },
  examples: ['watchbill config check', 'watchbill config print --json'],
});

function valueText(value: unknown): string {
  if (value === null) return '-';
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
}
