import { isList, type Json, type JsonRecord } from '@watchbill/base';
import { type Conversion, field } from './convert.ts';
import { type Found, type Path, shown, type Table } from './table.ts';

/** The chain: its name, its specification, or what prints one; the last two go before the name. */
export function sourceOf(table: Table, target: Path, conversion: Conversion): JsonRecord {
  const chain = table.take('chain');
  const file = table.take('chain_spec_path');
  const line = table.take('chain_spec_command');
  const genesis = table.take('genesis', 'runtime_genesis_patch', 'genesis_overrides');
  const command = file === undefined ? commandOf(line, shown(chain?.value), conversion) : undefined;
  const source: JsonRecord =
    file !== undefined
      ? field('specFile', file.value, target, file, conversion)
      : command !== undefined
        ? field('specCommand', [...command], target, line, conversion)
        : field('chain', chain?.value, target, chain, conversion);
  for (const [one, taken] of [
    [chain, 'chain' in source],
    [line, 'specCommand' in source || file === undefined],
  ] as const)
    if (one !== undefined && !taken)
      conversion.tell({
        path: one.path,
        kind: 'left-out',
        what: 'left out: the specification goes before it',
        remedy: 'nothing is to be done',
      });
  return { ...source, ...field('genesis', genesisOf(genesis, conversion), target, genesis, conversion) };
}

/** A genesis as both generations write it: what is merged into the runtime's own, without the sections around it. */
function genesisOf(found: Found | undefined, { tell }: Conversion): Json | undefined {
  if (found === undefined) return undefined;
  let { value } = found;
  for (const around of [
    'genesis',
    'runtimeGenesis',
    'runtime_genesis',
    'patch',
    'config',
    'runtime',
    'runtime_genesis_config',
  ]) {
    if (typeof value !== 'object' || value === null || isList(value)) break;
    const keys: readonly string[] = Object.keys(value);
    if (keys.length === 1 && keys[0] === around) value = (value as JsonRecord)[around] ?? null;
  }
  if (typeof value === 'object' && value !== null && !isList(value)) {
    const record = value as JsonRecord;
    const outside = ['raw', 'runtimeGenesis', 'runtime'].filter((key) => Object.hasOwn(record, key));
    if (outside.length === 0) return record;
    tell({
      path: [...found.path, outside[0] ?? ''],
      kind: 'refused',
      what: 'only what the pallets of the runtime take can be changed',
      remedy:
        'write that alone under genesis; give a raw specification as chain_spec_path where storage has to be another',
    });
    return undefined;
  }
  tell({ path: found.path, kind: 'refused', what: 'this is not a table', remedy: 'correct it' });
  return undefined;
}

/** A command line as a program with its arguments. What a shell would have to understand is told, and nothing is taken. */
function commandOf(
  found: Found | undefined,
  chain: string,
  { tell }: Conversion,
): readonly string[] | undefined {
  if (found === undefined) return undefined;
  const text = isList(found.value) ? null : shown(found.value);
  const parts = isList(found.value)
    ? found.value.map(shown)
    : (text ?? '').split(/\s+/).filter((part) => part !== '');
  if (parts.length === 0 || (text !== null && /[|&;<>$`"'\\*?()]/.test(text))) {
    tell({
      path: found.path,
      kind: 'refused',
      what: 'this is a line for a shell, and none is asked here',
      remedy: 'put it into a script, and write relay.specCommand: [./script]',
    });
    return undefined;
  }
  return parts.map((part) => part.replace(/\{\{\s*(?:chainName|chain)\s*\}\}|\{chain\}/g, chain));
}
