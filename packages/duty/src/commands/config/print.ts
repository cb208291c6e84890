import { table } from '@watchbill/kit';
import { command, flag } from '@watchbill/kit/command/command';
import { print } from '@watchbill/kit/command/print';
import { yes } from '@watchbill/kit/command/shapes';
import { FIELDS } from '../../config/fields.ts';
import { loadConfig } from '../../config/load.ts';
import { configFlags, configuration } from '../../config/options.ts';
import { originText } from '../../config/origin.ts';
import { getAt } from '../../config/tree.ts';

/** `config print`: each effective value and its origin. Secrets appear as the names of their files. */
export const printConfig = command({
  about: 'print every effective value and its origin',
  flags: { ...configuration, json: flag(yes(), 'print JSON') },
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

function valueText(value: unknown): string {
  if (value === null) return '-';
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
}
