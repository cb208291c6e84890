import type { JsonRecord } from '@watchbill/base';
import { sourceOf } from './chain.ts';
import { type Conversion, field, renamed, some } from './convert.ts';
import { flagsOf } from './flags.ts';
import { nodeOf } from './nodes.ts';
import { OF_GROUP, OF_PARACHAIN } from './reasons.ts';
import { type Found, type Path, type Table, tableOf } from './table.ts';

/** A parachain: it is checked and rendered here, not run. */
export function parachainOf(table: Table, target: Path, conversion: Conversion): JsonRecord {
  const { from, tell } = conversion;
  const command = table.take('default_command');
  const args = table.take('default_args');
  const onboarding = onboardingOf(table);
  const single = table.take('collator');
  const tables = [
    ...table.tables('collators'),
    ...(single === undefined ? [] : [tableOf(single.value, single.path, tell)]),
  ];
  const commands = [command, ...tables.map((one) => one.take('command'))].filter((one) => one !== undefined);
  for (const { path, value } of commands.slice(1))
    if (value !== commands[0]?.value)
      tell({
        path,
        kind: 'left-out',
        what: 'left out: all collators of a parachain run one program',
        remedy: 'nothing is to be done: no collator is run here',
      });
  const groups = table.tables('collator_groups').map((group, index) => {
    const at: Path = [...target, 'collatorGroups', index];
    from(at, group.path);
    const made = renamed(group, { name: ['name'], count: ['count'] }, at, conversion);
    group.finish(OF_GROUP);
    return made;
  });
  const made = {
    ...sourceOf(table, target, conversion),
    ...renamed(
      table,
      {
        id: ['id'],
        cumulusBased: ['cumulus_based'],
        evmBased: ['evm_based'],
        balance: ['balance', 'initial_balance'],
        genesisWasm: ['genesis_wasm_path'],
        genesisState: ['genesis_state_path'],
      },
      target,
      conversion,
    ),
    ...field('command', commands[0]?.value, target, commands[0], conversion),
    ...field('args', some(flagsOf(args, tell)), target, args, conversion),
    onboarding,
    collators: tables.map((one, index) => {
      const at: Path = [...target, 'collators', index];
      from(at, one.path);
      return nodeOf(one, at, conversion);
    }),
    ...(groups.length === 0 ? {} : { collatorGroups: groups }),
  };
  table.finish(OF_PARACHAIN);
  return made;
}

function onboardingOf(table: Table): string {
  const is = (found: Found | undefined, value: boolean): boolean => found?.value === value;
  const onboard = table.take('onboard_as_parachain');
  const register = table.take('register_para');
  const genesis = table.take('add_to_genesis');
  if (is(onboard, false)) return 'none';
  return is(register, true) || is(genesis, false) ? 'register' : 'in-genesis';
}
