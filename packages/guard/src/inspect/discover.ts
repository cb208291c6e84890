import { basename, join } from 'node:path';
import type { NodeProcess } from '../doctor/facts.ts';
import { commandOf, expanded } from './command.ts';
import { unitFile } from './containers.ts';
import { machineAt } from './places.ts';
import { firstKeystore, flagOf, inspectProcesses } from './processes.ts';

const UNITS = ['/etc', '/run', '/usr/lib', '/lib'].map((place) => `${place}/systemd/system/*.service`);

type Place = Pick<NodeProcess, 'program' | 'signs' | 'unit' | 'keystore' | 'database'> &
  Partial<Pick<NodeProcess, 'pid' | 'url' | 'container'>>;

/**
 * Finds the nodes that run; if there is none, the units that would run one. `map` has a line for each, those
 * that sign first; the rest are the flags that look at them.
 */
export async function discover(root: string) {
  const running = await inspectProcesses(root);
  const nodes = running.looked ? running.value.nodes : [];
  const all: readonly Place[] = nodes.length > 0 ? nodes : await unitsOfNodes(root);
  const rank = ({ signs }: Place): number => [true, null, false].indexOf(signs);
  const places = all.toSorted((one, other) => rank(one) - rank(other));
  const [first] = places;
  return {
    map: places.map(placeLine),
    keystore: [...new Set(places.flatMap(({ keystore }) => keystore ?? []))],
    unit: first?.unit ? [first.unit] : [],
    ...(first?.url === undefined ? {} : { node: first.url }),
    ...(first?.database ? { database: first.database } : {}),
  };
}

function placeLine({ program, pid, signs, unit, container, keystore, database, url }: Place): string {
  const parts = [
    signs === null ? 'signs perhaps' : signs ? 'signs' : 'does not sign',
    ...(unit === null ? [] : [`unit ${unit}`]),
    ...(container ? [`container ${container.slice(0, 12)}`] : []),
    `keystore ${keystore ?? 'not found'}`,
    `database ${database ?? 'not found'}`,
    ...(url === undefined ? [] : [`RPC ${url}`]),
  ];
  return `   ${program} (${pid === undefined ? 'does not run' : `process ${pid}`}): ${parts.join(', ')}`;
}

async function unitsOfNodes(root: string): Promise<readonly Place[]> {
  const machine = machineAt(root);
  const found = (await machine.files(UNITS)).map(async ({ path, text }): Promise<readonly Place[]> => {
    const { values, variables } = await unitFile(machine, text);
    const command = expanded(values('ExecStart').at(-1) ?? '', variables);
    const argv = command.split(/\s+/);
    const basePath = flagOf(argv, 'base-path', '-d');
    const { signs } = commandOf(command);
    if (signs !== true && (basePath === null || flagOf(argv, 'chain') === null)) return [];
    const keystore = await firstKeystore(basePath === null ? null : join(root, basePath));
    return [{ program: basename(argv[0] ?? ''), signs, unit: basename(path), keystore, database: null }];
  });
  const units = (await Promise.all(found)).flat();
  return [...new Map(units.map((each) => [each.unit, each])).values()];
}
