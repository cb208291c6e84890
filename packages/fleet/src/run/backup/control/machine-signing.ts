import { shellWord } from '@watchbill/kit/ssh';
import { type Process, unitProcesses } from '../../../file/graph/index.ts';
import type { FleetNode } from '../../../file/normalise/index.ts';
import type { RunScript } from '../../machines/ssh.ts';
import { BackupFault } from '../backup-fault.ts';
import { outputOf } from '../host.ts';
import type { Signing } from '../port.ts';
import { canSign, declaredKeys, insertedKeys, keyFolders } from './signing.ts';

/** A node on a machine, and the folders that may have its keys although its unit does not name them. */
export interface UnitOnMachine {
  readonly node: FleetNode;
  readonly unit: string;
  /** Folder of the node. */
  readonly folder: string;
  /** Keystore in memory of a node whose seeds are in a secret. */
  readonly memory: string;
}

/**
 * Whether the unit that lives on a machine signs, and its keys. Reads the text that systemd has loaded,
 * and the command line of the process that runs, because that one may be older. Throws a BackupFault
 * `signer` if one of them cannot be known.
 */
export async function machineSigning(
  run: RunScript,
  { node, unit, folder, memory }: UnitOnMachine,
  signal: AbortSignal,
): Promise<Signing> {
  const asked = {
    what: `looking for session keys of ${node.name}`,
    code: 'signer',
    remedy: `see \`systemctl cat ${unit}\` on the machine; no file was changed`,
  } as const;
  const live = readUnit(await outputOf(run, unitScript(unit), asked, signal));
  if (typeof live === 'string')
    throw new BackupFault('signer', `${asked.what} failed: ${live}`, asked.remedy);
  const { processes, isMarked } = live;
  const { keystores, bases } = keyFolders(processes);
  const unclear = [...keystores, ...bases].find((path) => !path.startsWith('/') || /[%$]/.test(path));
  if (unclear !== undefined)
    throw new BackupFault(
      'signer',
      `${asked.what} failed: ${unit} names the folder ${unclear}`,
      asked.remedy,
    );
  const found = keysScript([...new Set([...keystores, memory])], [...new Set([...bases, folder])]);
  const files = (await outputOf(run, found, asked, signal)).split('\n').filter((line) => line !== '');
  return {
    signs: isMarked || canSign(node.role, processes),
    keys: [...declaredKeys(node), ...insertedKeys(processes), ...files],
  };
}

/**
 * Three lines of base64: the properties of the unit in systemd, its text, and the command line of its
 * process.
 */
function unitScript(unit: string): string {
  return `u=${shellWord(unit)}
systemctl show --property=LoadState,NeedDaemonReload "$u" | base64 -w0; echo
systemctl cat -- "$u" | base64 -w0; echo
p=$(systemctl show --property=MainPID --value "$u")
if [ "$p" != 0 ]; then base64 -w0 < "/proc/$p/cmdline"; fi; echo`;
}

interface LiveUnit {
  readonly processes: readonly Process[];
  /** The unit names keys, in a section of ours. */
  readonly isMarked: boolean;
}

/** The output of that script; a text says why it cannot be known. */
function readUnit(output: string): LiveUnit | string {
  const [shown = '', text = '', command = ''] = output
    .split('\n')
    .map((line) => Buffer.from(line, 'base64').toString('utf8'));
  if (!/^LoadState=loaded$/m.test(shown)) return 'systemd has no such unit';
  if (!/^NeedDaemonReload=no$/m.test(shown)) return 'its file changed since systemd read it';
  const whole = text.replaceAll('\\\n', ' ');
  const processes = unitProcesses(whole);
  if (!processes.some(({ container }) => container === 'ExecStart')) return 'its unit has no ExecStart';
  const words = command.split('\0').filter((word) => word !== '');
  return {
    processes: words.length === 0 ? processes : [...processes, { container: 'its process', words }],
    isMarked: /^KeySet=/m.test(whole),
  };
}

/**
 * Prints files in keystores: the named ones, and those below folders of chains. A link in place of a
 * keystore counts as a key, since what it leads to may change.
 */
function keysScript(keystores: readonly string[], bases: readonly string[]): string {
  const named = keystores.map(
    (path) => `if [ -e ${shellWord(path)} ]; then find -H ${shellWord(path)} -mindepth 1 -print -quit; fi`,
  );
  const below = bases.map(
    (path) =>
      `if [ -e ${shellWord(path)} ]; then find -H ${shellWord(path)} \\( -path '*/keystore/*' -o -type l -name keystore \\) -print -quit; fi`,
  );
  return [...named, ...below].join('\n');
}
